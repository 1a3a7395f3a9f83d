"""The plugin: the engine's calls, served from the records.

Source: pulumi-terraform-bridge `pkg/tfbridge/provider.go`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from lab.plugins.aws import configuration, functions, records, state
from lab.plugins.aws.call import Call
from lab.plugins.aws.checking import Checker, without_marks
from lab.plugins.aws.differ import changed_properties, diff
from lab.plugins.aws.errors import AwsError, CancelledError
from lab.plugins.aws.record import Change, Resource, Values
from lab.plugins.aws.session import Session, environment_endpoint
from lab.plugins.interface import (
    Checked,
    CheckFailure,
    DiffKind,
    DiffResult,
    InitFailed,
    Plugin,
    PluginError,
    ResourceState,
    Urn,
)


class AwsPlugin(Plugin):
    """Serve the types of `records` over boto3 against the AWS that `AWS_ENDPOINT_URL` names.

    Refuses to start if that is not an address on loopback.
    """

    version = importlib.metadata.version("pulumi-aws")

    def __init__(self) -> None:
        super().__init__()
        environment_endpoint()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The provider's configuration."""
        if self._session is None:
            raise PluginError(
                "the provider is not configured: its configuration holds values that are not known yet"
            )
        return self._session

    # The provider itself

    def check_config(self, urn: Urn, olds: Values, news: Values) -> Checked:  # noqa: ARG002
        """Refuse unknown keys and fill in the region."""
        return configuration.check(news)

    def diff_config(self, urn: Urn, olds: Values, news: Values) -> DiffResult:  # noqa: ARG002
        """Report changed keys; none of them replaces the provider."""
        keys = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key) and key != "version")
        return DiffResult(changes=bool(keys), detailed=dict.fromkeys(keys, DiffKind.UPDATE))

    def configure(self, args: Values) -> None:
        """Connect to the lab's AWS."""
        self._session = configuration.connect(args)

    # Resources

    def check(self, urn: Urn, olds: Values, news: Values, seed: bytes) -> Checked:
        """Validate inputs strictly and fill in names, region, tags and defaults."""
        record = records.find(urn.type)
        if record is None:
            return news, [CheckFailure("", f"the lab does not know the resource type {urn.type} yet")]
        checker = Checker(record, self.session, urn.name, seed)
        inputs = checker.run(olds, news)
        return inputs, checker.failures

    def diff(self, urn: Urn, old: ResourceState, news: Values, ignore: Sequence[str]) -> DiffResult:
        """Compare the stored outputs with the new inputs."""
        return diff(_record(urn), old.outputs, old.inputs, news, tuple(ignore))

    def create(self, urn: Urn, inputs: Values, *, timeout: float, preview: bool) -> tuple[str, Values]:
        """Create a resource, wait for it, and read it."""
        record, values = _record(urn), without_marks(inputs)
        if preview:
            return "", state.planned_outputs(record, values)
        call = self._call(values, timeout or record.timeouts.create)
        with _saying("creating", record, urn.name):
            resource_id = call.retry(record.retry_create, lambda: record.create(call, values))
        try:
            with _saying("creating", record, resource_id):
                if record.created:
                    record.created(call, resource_id, values)
                return resource_id, self._read_new(call, record, resource_id, values)
        except (PluginError, CancelledError) as error:
            outputs = self._whatever_is_there(record, resource_id, values)
            raise InitFailed(resource_id, outputs, inputs, [str(error)]) from error

    def read(self, urn: Urn, old: ResourceState) -> ResourceState | None:
        """Read a resource's live state; for an import from its id alone."""
        record = _record(urn)
        inputs = without_marks(old.inputs)
        known = old.outputs | inputs
        call = self._call(known, record.timeouts.update)
        with _saying("reading", record, old.id):
            live = record.read(call, old.id, known)
        if live is None:
            return None
        if not known:
            known = {name: item.default for name, item in record.properties.items() if item.write_only}
        outputs = state.live_outputs(record, self.session, old.id, live, known)
        return ResourceState(old.id, outputs, state.implied_inputs(record, outputs, old.inputs))

    def update(self, urn: Urn, old: ResourceState, news: Values, *, timeout: float, preview: bool) -> Values:
        """Make the calls that the changed properties need, then read the resource."""
        record, values = _record(urn), without_marks(news)
        changed = changed_properties(record, old.outputs, values)
        if preview:
            return state.updated_outputs(record, old.outputs, values, changed)
        call = self._call(values, timeout or record.timeouts.update)
        with _saying("updating", record, old.id):
            if record.update:
                record.update(call, old.id, Change(old.outputs, values, changed))
            self._retag(call, record, old, values)
            kept = {name: value for name, value in old.outputs.items() if name not in changed}
            return self._read_new(call, record, old.id, kept | values)

    def delete(self, urn: Urn, old: ResourceState, *, timeout: float) -> None:
        """Delete a resource; one that does not exist counts as deleted."""
        record = _record(urn)
        call = self._call(old.outputs, timeout or record.timeouts.delete)
        with _saying("deleting", record, old.id):
            call.found(
                record.gone,
                lambda: call.retry(record.retry_delete, lambda: record.delete(call, old.id, old.outputs)),
            )

    def invoke(self, token: str, args: Values, *, preview: bool) -> Values:  # noqa: ARG002
        """Answer one of the functions that the lab knows."""
        return functions.answer(self.session, self.cancelled, token, args)

    # Parts

    def _call(self, values: Mapping[str, object], timeout: float) -> Call:
        region = str(values.get("region") or self.session.region)
        return Call(self.session, region, timeout, self.cancelled)

    def _read_new(self, call: Call, record: Resource, resource_id: str, known: Values) -> Values:
        found: list[Values] = []

        def probe() -> tuple[bool, str]:
            live = record.read(call, resource_id, known)
            found.extend([] if live is None else [live])
            return bool(found), "not found"

        call.until(f"{record.title} ({resource_id}) to be found", probe)
        return state.live_outputs(record, self.session, resource_id, found[0], known)

    def _whatever_is_there(self, record: Resource, resource_id: str, values: Values) -> Values:
        call = Call(self.session, str(values.get("region") or self.session.region), 0, self.cancelled)
        try:
            return self._read_new(call, record, resource_id, values)
        except PluginError:
            return {"id": resource_id} | values

    def _retag(self, call: Call, record: Resource, old: ResourceState, values: Values) -> None:
        before, after = old.outputs.get("tagsAll") or {}, values.get("tagsAll") or {}
        if record.tagger is None or before == after:
            return
        setting = {key: value for key, value in after.items() if before.get(key) != value}
        removing = sorted(set(before) - set(after))
        record.tagger(call, old.outputs, setting, removing)


def _record(urn: Urn) -> Resource:
    record = records.find(urn.type)
    if record is None:
        raise PluginError(f"the lab does not know the resource type {urn.type} yet")
    return record


@contextmanager
def _saying(doing: str, record: Resource, subject: str) -> Iterator[None]:
    """Put in front of an error what was being done, as the Terraform provider does."""
    try:
        yield
    except AwsError as error:
        raise error.during(f"{doing} {record.title} ({subject})") from error
    except CancelledError:
        raise
    except PluginError as error:
        raise PluginError(f"{doing} {record.title} ({subject}): {error}") from error
