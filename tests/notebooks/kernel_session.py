"""One session with the kernel in Jupyter's protocol, as VS Code has it: tells what each cell led to.

    python kernel_session.py < STEPS

A step is a JSON object, one a line: {"code"} runs a cell, with "stop" it is stopped after so many
seconds (a list: several times), counted with "from" from its first output, with "input" it is given that line, with "behind" so many cells "1" are
sent while it runs; {"kill": "deno" | "kernel"} kills a process; {"restart": true} restarts. Each step is
answered by a line of JSON. {"code", "at"} asks for the documentation at that place of the code.
"""

import json
import os
import signal
import sys
import time
from queue import Empty

from jupyter_client.manager import KernelManager

SECONDS = 60


def main():
    manager = KernelManager(kernel_name="deno")
    manager.start_kernel()
    client = connect(manager)
    pids = {}
    try:
        for line in sys.stdin:
            step = json.loads(line)
            if "kill" in step:
                os.kill(pids[step["kill"]], signal.SIGKILL)
                result = {"ended": ended(manager, pids)}
            elif "at" in step:
                result = client.inspect(step["code"], step["at"], reply=True, timeout=SECONDS)["content"]
            elif "restart" in step:
                client.stop_channels()
                manager.restart_kernel(now=not manager.is_alive())
                client = connect(manager)
                result = {"ended": {name: not alive(pid) for name, pid in pids.items()}}
            else:
                result = run(manager, client, step)
                result["alive"] = manager.is_alive()
                if step["code"] == "Deno.pid":
                    deno = int(result["outputs"][0]["data"]["text/plain"])
                    pids = {"deno": deno, "kernel": manager.provisioner.pid}
            print(json.dumps(result), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def connect(manager):
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    return client


def run(manager, client, step):
    begun = time.monotonic()
    request = client.execute(step["code"], allow_stdin="input" in step)
    behind = [client.execute("1") for _ in range(step.get("behind", 0))]
    stops = step.get("stop", [])
    stops = list(stops) if isinstance(stops, list) else [stops]
    stop_from = None if "from" in step else begun
    outputs, replies, idle = [], {}, 0
    while idle < 1 + len(behind) or not {request, *behind} <= replies.keys():
        if time.monotonic() - begun > SECONDS:
            raise TimeoutError(step["code"])
        if stops and stop_from is not None and time.monotonic() - stop_from > stops[0]:
            stops.pop(0)
            manager.interrupt_kernel()
            begun_stop = time.monotonic()
        for message in messages(client.get_shell_msg):
            replies[message["parent_header"]["msg_id"]] = message["content"]
        if "input" in step:
            for _ in messages(client.get_stdin_msg):
                client.input(step["input"])
        if stop_from is None and any(output["kind"] == "stream" for output in outputs):
            stop_from = time.monotonic()
        for message in messages(client.get_iopub_msg, timeout=0.02):
            if message["parent_header"].get("msg_id") not in (request, *behind):
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status":
                idle += content["execution_state"] == "idle"
            else:
                outputs.append({"kind": kind, **content})
    for message in messages(client.get_iopub_msg, timeout=step.get("wait", 0)):  # what comes late
        outputs.append({"kind": message["msg_type"], **message["content"]})
    return {
        "outputs": [output for output in outputs if output["kind"] != "execute_input"],
        "inputs": [output["code"] for output in outputs if output["kind"] == "execute_input"],
        "reply": replies[request],
        "behind": [replies[each]["status"] for each in behind],
        "seconds": time.monotonic() - (begun_stop if step.get("stop") else begun),
    }


def messages(get, timeout=0):
    while True:
        try:
            yield get(timeout=timeout)
        except Empty:
            return


def ended(manager, pids):
    """Which processes have ended, once all have or it has taken too long."""
    end = time.monotonic() + SECONDS
    while any(map(alive, pids.values())) and time.monotonic() < end:
        manager.is_alive()  # the kernel is our child: it is seen off
        time.sleep(0.05)
    return {name: not alive(pid) for name, pid in pids.items()}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
