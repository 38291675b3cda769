"""Self-blended images with OpenCV and albumentations, as a data set for PyTorch's DataLoader: the steps of
lib/forgeries/self_blended.ts, each by the libraries' own function. What is drawn differs; chances and ranges
do not."""

import json
import random

import albumentations as A
import cv2
import numpy as np
from torch.utils.data import Dataset

BROWS, MOUTH = slice(17, 27), slice(48, 60)
DFL_FULL = [[*range(17), *range(48, 68)], [27, 28, 29, 30, 33], [*range(17, 27), 0, 27, 16, 33]]
COMPONENTS = [
    [*range(9), 17], [*range(8, 17), 26], [17, 18, 19, 8], [24, 25, 26, 8], [*range(19, 25), 8],
    [*range(17, 22), 27, *range(31, 36), 8], [*range(22, 27), 27, *range(31, 36), 8], [*range(27, 36)],
]


def raised_brows(points):
    """Each point of the brows lifted by half of what lies between it and the eye."""
    left = (points[36] + (points[36] + points[0]) // 2) // 2
    right = (points[45] + (points[16] + points[45]) // 2) // 2
    eyes = np.array([left, *points[36:40], *points[42:46], right])
    raised = points.copy()
    raised[BROWS] += (points[BROWS] - eyes) // 2
    return raised


def with_forehead(landmarks):
    """Ten more points, above the brows."""
    up = (landmarks[BROWS].mean(0) - landmarks[MOUTH].mean(0)) / 4
    share = 0.45 + 0.55 * np.sin(np.pi * (np.arange(10) + 0.5) / 10)
    return np.concatenate([landmarks, landmarks[BROWS] + share[:, None] * up])


def hull_mask(landmarks, shape):
    """A mask of one of the four kinds, 0 or 1."""
    kind = random.randrange(4)
    if kind == 0 and random.random() >= 0.25:
        landmarks = with_forehead(landmarks)
    points = np.floor(landmarks).astype(np.int32)
    if kind == 3:
        points = raised_brows(points)
    parts = [range(len(points)), DFL_FULL, COMPONENTS, COMPONENTS][kind]
    mask = np.zeros(shape, np.uint8)
    for part in [parts] if kind == 0 else parts:
        cv2.fillConvexPoly(mask, cv2.convexHull(points[list(part)]), 1)
    return mask


def colours(hsv, light, limit):
    return [
        A.RGBShift((-20, 20), (-20, 20), (-20, 20), p=0.3),
        A.HueSaturationValue((-0.3, 0.3), (-0.3, 0.3), (-0.3, 0.3), p=hsv),
        A.RandomBrightnessContrast((-limit, limit), (-limit, limit), p=light),
    ]


def downscale(image, **_):
    """A half or a quarter of the pixels, and back."""
    height, width = image.shape[:2]
    ratio = random.choice([2, 4])
    small = cv2.resize(image, (width // ratio, height // ratio), interpolation=cv2.INTER_NEAREST)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def soft(mask):
    """The mask smaller and soft, largest value 1."""
    height, width = mask.shape
    size = (np.random.randint(192, 257), np.random.randint(192, 257))
    mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    first, second = (random.randrange(5, 26, 2) for _ in range(2))
    mask = cv2.GaussianBlur(mask, (first, first), 0)
    mask /= mask.max() or 1
    mask[mask < 1] = 0
    mask = cv2.GaussianBlur(mask, (second, second), np.random.randint(5, 46))
    mask /= mask.max() or 1
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)


class SelfBlended(Dataset):
    """Crops and their landmarks in files; a sample is a real picture, its fake and the mask, in 8 bits."""

    def __init__(self, paths, landmarks, size):
        self.paths, self.landmarks, self.size = paths, landmarks, size
        self.change = A.Compose([
            *colours(hsv=1, light=1, limit=0.1),
            A.OneOf([
                A.Lambda(image=downscale, p=1),
                A.Sharpen(alpha=(0.2, 0.5), lightness=(0.5, 1), p=1),
            ], p=1),
        ])
        self.move = A.Affine(
            translate_percent={"x": (-0.03, 0.03), "y": (-0.015, 0.015)},
            scale={"x": (0.95, 1 / 0.95), "y": (0.95, 1 / 0.95)},
            keep_ratio=False, p=1,
        )
        self.deform = A.ElasticTransform(
            alpha=50, sigma=7, interpolation=cv2.INTER_NEAREST,
            border_mode=cv2.BORDER_REFLECT_101, p=1,
        )
        self.alike = A.Compose(
            [*colours(hsv=0.3, light=0.3, limit=0.3), A.ImageCompression(quality_range=(40, 100), p=0.5)],
            additional_targets={"other": "image"},
        )

    def __len__(self):
        return len(self.paths)

    def window(self, box, shape):
        """Rows and columns around the face, by random margins."""
        left, top, right, bottom = box
        wide, high = right - left, bottom - top
        margins = [np.random.uniform(0.2, 0.8) / 4 for _ in range(4)]
        rows = slice(max(0, int(top - margins[1] * high)),
                     min(shape[0], int(bottom + margins[3] * high) + 1))
        columns = slice(max(0, int(left - margins[0] * wide)),
                        min(shape[1], int(right + margins[2] * wide) + 1))
        return rows, columns

    def __getitem__(self, index):
        picture = cv2.cvtColor(cv2.imread(self.paths[index], cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        with open(self.landmarks[index]) as file:
            face = json.load(file)
        mask = hull_mask(np.array(face["landmarks"]), picture.shape[:2])
        changed = self.change(image=picture)["image"]
        source, target = (changed, picture) if random.random() < 0.5 else (picture, changed)
        moved = self.move(image=source, mask=mask)
        weights = soft(self.deform(image=moved["mask"])["image"]) * random.choice([0.25, 0.5, 0.75, 1, 1, 1])
        share = weights[:, :, None]
        blended = (share * moved["image"] + (1 - share) * target).astype(np.uint8)
        alike = self.alike(image=target, other=blended)
        rows, columns = self.window(face["box"], mask.shape)
        return tuple(
            cv2.resize(one[rows, columns], (self.size, self.size), interpolation=cv2.INTER_LINEAR)
            for one in (alike["image"], alike["other"], (255 * weights).astype(np.uint8))
        )
