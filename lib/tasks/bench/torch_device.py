"""Where PyTorch's side of the bench computes, and in which types: functions of the module `torch`, which is
handed to them, so that they can be asked without a GPU."""


class Refused(Exception):
    """What the device does not have: said in the report, and no reason to end the bench."""


def chosen_device(asked, torch):
    """The torch.device of "cpu" or "gpu:N", the names of the bench's --device."""
    if asked == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(asked.removeprefix("gpu:"))
    if number < count:
        return torch.device("cuda", number)
    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "processors alone"
    there = ", ".join(["cpu", *(f"gpu:{i}" for i in range(count))])
    raise RuntimeError(f"PyTorch {torch.__version__}, built for {build}, sees no {asked}. It sees: {there}")


def element_type(precision, device, torch):
    """The torch.dtype of a precision; raises Refused where the device computes it by another one's means."""
    if precision == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(False):
        raise Refused(f"{torch.cuda.get_device_name()} has no bfloat16")
    return getattr(torch, precision)


def allow_tensor_float32(allowed, torch):
    """Whether float32 products and convolutions may be rounded to TF32, both alike. PyTorch's own default is
    convolutions alone."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def rounds_to_tensor_float32(device, torch):
    """Whether products do, as one shows: 1 + 2^-12 times 1 is 1 then. A card may be too old, and
    NVIDIA_TF32_OVERRIDE=0 forbids it above all."""
    factor = torch.full((64, 64), 1 + 2**-12, device=device)
    return bool((factor @ torch.eye(64, device=device))[0, 0] == 1)


def title(device, torch):
    """What decides the speed, in words."""
    if device.type == "cpu":
        return f"CPU capability {torch.backends.cpu.get_cpu_capability()}"
    name, cudnn = torch.cuda.get_device_name(device), torch.backends.cudnn.version()
    return f"{name}, CUDA {torch.version.cuda}, cuDNN {cudnn}"


def most_memory(device, torch):
    """Bytes of a GPU at most since the count began: of tensors, and what PyTorch keeps for them; nothing for a
    processor."""
    if device.type == "cpu":
        return {}
    return {"allocated": torch.cuda.max_memory_allocated(device), "reserved": torch.cuda.max_memory_reserved(device)}
