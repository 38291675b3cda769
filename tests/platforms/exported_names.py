"""Which of some names a library of a wheel exports, itself or by a library of the same wheel that it loads.

    exported_names.py WHEEL LIBRARY    names as a JSON list on standard input

Prints JSON: {"missing": names that none exports, "needs": libraries that the system must have}. It reads
ELF, Mach-O and PE, so the wheel may be for any machine. A library has hundreds of megabytes: two gigabytes
of memory and a minute are normal.
"""

import json
import posixpath
import sys
import tempfile
import zipfile

import lief


def read(path):
    """Names that the library exports and libraries that it loads, as they are called in C."""
    library = lief.parse(path)
    if isinstance(library, lief.MachO.FatBinary):
        library = library.at(0)
    mach = library.format == lief.Binary.FORMATS.MACHO
    names = {function.name for function in library.exported_functions}
    needs = [loaded.name if mach else loaded for loaded in library.libraries]
    # Mach-O puts an underscore before each name of C.
    return {name.removeprefix("_") for name in names} if mach else names, needs


def main(wheel, first):
    wanted = set(json.load(sys.stdin))
    exported, outside, queue = set(), set(), [first]
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        members = {posixpath.basename(name): name for name in archive.namelist()}
        seen = set(queue)
        while queue:
            names, needs = read(archive.extract(queue.pop(), folder))
            exported |= names
            for need in map(posixpath.basename, needs):
                member = members.get(need)
                if member is None:
                    outside.add(need)
                elif member not in seen:
                    seen.add(member)
                    queue.append(member)
    print(json.dumps({"missing": sorted(wanted - exported), "needs": sorted(outside)}))


main(*sys.argv[1:])
