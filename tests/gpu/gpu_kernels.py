"""Which of some operations TensorFlow's CUDA build computes on a GPU, asked of its own table, without one:
`gpu_kernels.py FOLDER OPERATION...`, or `gpu_kernels.py FOLDER < FILE` with what placed.py said. FOLDER holds
libtensorflow_cc.so.2. Prints the operations that have no kernel for floats on a GPU, and those whose kernel
for int32 there computes in host memory."""

import ctypes
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# Numbers of types in tensorflow/core/framework/types.proto.
TYPES = {1: "float", 2: "double", 3: "int32", 4: "uint8", 9: "int64", 10: "bool", 14: "bfloat16", 19: "half"}


class Buffer(ctypes.Structure):
    """TF_Buffer."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]


def open_library(folder):
    library = ctypes.CDLL(os.path.join(folder, "libtensorflow_cc.so.2"))
    library.TF_NewStatus.restype = ctypes.c_void_p
    ask = library.TF_GetRegisteredKernelsForOp
    ask.restype, ask.argtypes = ctypes.POINTER(Buffer), [ctypes.c_char_p, ctypes.c_void_p]
    status = library.TF_NewStatus()

    def kernels_of(operation):
        """The KernelList message (tensorflow/core/framework/kernel_def.proto) of an operation."""
        answer = ask(operation.encode(), status)
        if not answer or not answer.contents.length:
            return b""
        return ctypes.string_at(answer.contents.data, answer.contents.length)

    return kernels_of


def fields(message):
    """Each field of a protocol buffer's message: its number and its value, a number or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == 0:
            yield number, varint()
        else:
            length = varint() if wire == 2 else {1: 8, 5: 4}[wire]
            yield number, message[at:at + length]
            at += length


def allowed_types(attribute):
    """Of a kernel's constraint on an attribute: the types, as names."""
    for number, value in fields(attribute):
        if number == 1:  # list
            for inner, one in fields(value):
                if inner == 6:  # type, packed or not
                    yield from (TYPES.get(t, t) for t in (one if isinstance(one, bytes) else [one]))


def read_kernel(kernel):
    """Device, {attribute: types} and the arguments in host memory."""
    device, constraints, host = "", {}, []
    for number, value in fields(kernel):
        if number == 2:
            device = value.decode()
        elif number == 3:
            parts = dict(fields(value))
            constraints[parts[1].decode()] = list(allowed_types(parts.get(2, b"")))
        elif number == 4:
            host.append(value.decode())
    return device, constraints, host


def judge(message):
    """What is to be said of an operation with these kernels; nothing where all is well."""
    kernels = [read_kernel(kernel) for _, kernel in fields(message)]
    if not kernels:
        return "no such operation"
    there = [kernel for kernel in kernels if kernel[0] in ("GPU", "DEFAULT")]
    if not there:
        return "CPU only"
    notes = []
    if not any(not constraints or any("float" in types for types in constraints.values())
               for _, constraints, _ in there):
        notes.append("no floats on GPU")
    in_host = [host for _, constraints, host in there if constraints.get("T") == ["int32"] and len(host) >= 2]
    if in_host:
        notes.append(f"int32 on GPU in host memory: {', '.join(in_host[0])}")
    return "; ".join(notes)


def main():
    folder, *operations = sys.argv[1:]
    if not operations:
        figures = [json.loads(line.removeprefix("FIGURE ")) for line in sys.stdin if "kinds" in line]
        operations = [kind for figure in figures for kind in figure["kinds"]]
    kernels_of = open_library(folder)
    for operation in sorted(set(operations)):
        if note := judge(kernels_of(operation)):
            print(f"{operation}: {note}")
    os._exit(0)  # without the library's own end, which a machine without a driver may not survive


sys.stdout.reconfigure(line_buffering=True)
main()
