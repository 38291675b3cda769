"""Asks TensorFlow itself whether it can open every CUDA library that it wants before it registers a GPU
(tsl::internal::DsoLoader::TryDlopenCUDALibraries), and says which it opened: `dlopen_check.py FOLDER`, the
folder of libtensorflow_cc.so.2. No GPU is touched. Exit code 1 when one cannot be opened."""

import ctypes
import json
import os
import re
import subprocess
import sys

CHILD = "DLOPEN_CHECK_CHILD"
TOLD = re.compile(
    r"(Successfully opened dynamic library .*|Could not load dynamic library .*|^status .*|.*[Ee]rror.*)"
)


def ask(folder):
    """In a process of its own, whose log the other one reads."""
    ctypes.CDLL(os.path.join(folder, "libtensorflow_cc.so.2"))
    framework = ctypes.CDLL(os.path.join(folder, "libtensorflow_framework.so.2"))
    status = ctypes.create_string_buffer(64)
    framework._ZN3tsl8internal9DsoLoader22TryDlopenCUDALibrariesEv(status)
    print("status", "OK" if int.from_bytes(status.raw[:8], "little") == 1 else "NOT OK", flush=True)
    os._exit(0)  # without the library's own end, which a machine without a driver may not survive


def main():
    folder = sys.argv[1]
    if os.environ.get(CHILD):
        ask(folder)
    loud = {CHILD: "1", "TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_MAX_VLOG_LEVEL": "1"}
    run = subprocess.run(
        [sys.executable, __file__, folder], env={**os.environ, **loud}, capture_output=True, text=True
    )
    lines = [found[1][:300] for line in (run.stderr + run.stdout).splitlines() if (found := TOLD.search(line))]
    print("\n".join(lines))
    opens = "status OK" in run.stdout
    closed = re.findall(r"Could not load dynamic library '([^']+)'", run.stderr + run.stdout)
    print("FIGURE " + json.dumps({"step": "dlopen", "opens": opens, "not_opened": closed}))
    sys.exit(0 if opens else 1)


main()
