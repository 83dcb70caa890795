"""This machine: Python and its libraries, the files of settings, and where each setting comes from."""

import platform
from collections.abc import Generator, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wolkvox_source.doctor.finding import Finding
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.language import Phrase

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from wolkvox_source.settings import Operation

PACKAGE = "dlt-source-wolkvox"


def versions(destination: str) -> Iterator[Finding]:
    """The versions that are installed; raises a ConfigurationError for one that does not work."""
    wanted = required()
    installed = {each.name: version(each.name) for each in wanted}
    wrong = unsuitable(wanted, installed)
    if wrong:
        raise ConfigurationError("doctor_version", found=[*wrong], wanted=" ".join(wrong.values()))
    # what a destination can do without, but only as SQL text, which takes longer
    quicker = {each.name: version(each.name) for each in required(destination) if each.name not in installed}
    there = {PACKAGE: version(PACKAGE), **installed, **quicker}
    named = [f"{name} {number}" for name, number in there.items() if number]
    yield Finding("ok", Phrase("doctor_versions", {"python": platform.python_version(), "packages": named}))
    missing = [name for name, number in quicker.items() if number is None]
    if missing:
        yield Finding("note", Phrase("doctor_slow", {"destination": destination, "missing": missing}))


def required(extra: str = "") -> "list[Requirement]":
    """What the package's own metadata requires, or one of its extras does; nothing where it is not installed."""
    from packaging.requirements import Requirement

    try:
        everything = [Requirement(each) for each in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:
        return []
    always = [each for each in everything if each.marker is None or each.marker.evaluate({"extra": ""})]
    if not extra:
        return always
    return [
        each for each in everything if each not in always and each.marker and each.marker.evaluate({"extra": extra})
    ]


def version(package: str) -> str | None:
    """The installed version of a package, None without one."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def unsuitable(wanted: "Sequence[Requirement]", installed: dict[str, str | None]) -> dict[str, str]:
    """What is installed, or missing, and does not work here -> what pip has to be told in quotation marks."""
    wrong = {}
    for each in wanted:
        number = installed[each.name]
        if number is None or not each.specifier.contains(number, prereleases=True):
            wrong[f"{each.name} {number or '?'}"] = f"'{each.name}{each.specifier}'"
    return wrong


def files() -> Finding:
    """Which files of settings dlt reads here, and which it would read if they were there."""
    import dlt

    providers = [provider for provider in dlt.config.config_providers if provider.locations]
    there = {str(Path(path).absolute()) for provider in providers for path in provider.present_locations}
    places = [str(Path(path).absolute()) for provider in providers for path in provider.locations]
    details = tuple(place if place in there else Phrase("doctor_absent", {"file": place}) for place in places)
    return Finding("ok", Phrase("doctor_files", {"folder": str(Path.cwd())}), details)


def settings(only: Sequence[str]) -> "Generator[Finding, None, list[Operation]]":
    """Where each setting of each operation came from; returns the operations."""
    from dlt.common.configuration.utils import get_resolved_traces

    from wolkvox_source.settings import categories_file, configured_operations
    from wolkvox_source.warehouse.status_categories import status_categories

    traces = get_resolved_traces()
    traces.clear()
    try:
        operations = configured_operations(only)
        for operation in operations:
            found = {trace.key: trace for trace in traces.resolved_traces if trace.config is operation}
            details = [_origin(trace) for trace in found.values()]
            if "timezone" not in found:
                facts = {"name": "timezone", "value": operation.timezone, "origin": Phrase("doctor_default")}
                details.append(Phrase("doctor_setting", facts))
            about = {"operation": operation.name, "address": operation.address}
            yield Finding("ok", Phrase("doctor_operation", about), tuple(details))
    finally:
        traces.clear()
    status_categories(categories_file())
    return operations


def _origin(trace: Any) -> Phrase:
    """One setting, its value unless it is a secret, and the file or variable that it came from."""
    import dlt
    from dlt.common.configuration import is_secret_hint

    value: object = Phrase("doctor_secret") if is_secret_hint(trace.hint) else str(trace.value)
    section = ".".join(trace.sections)
    provider = next(each for each in dlt.config.config_providers if each.name == trace.provider_name)
    named = [path for path in provider.present_locations if Path(path).name == trace.provider_location.split(":")[-1]]
    if named:
        # dlt reads the folder of the project first, then the one that all projects share
        file = named[-1] if trace.provider_location.startswith("global:") else named[0]
        origin = f"{Path(file).absolute()} [{section}]"
    elif trace.provider_name == "Environment Variables":
        origin = "__".join([*trace.sections, trace.key]).upper()
    else:
        origin = f"{trace.provider_name} [{section}]"
    return Phrase("doctor_setting", {"name": trace.key, "value": value, "origin": origin})
