"""The control API's acts: subscribers, faults, the outbox and operator tokens."""

from collections.abc import Mapping

from mrc.protocols.oauth.members import optional_objects, required_text
from mrc.registry.phones import decode_phone_number
from mrc.web.sandbox_carrier.apis import CarrierApis
from mrc.web.sandbox_carrier.authorization import AuthorizationServer
from mrc.web.sandbox_carrier.script import Script, decode_script
from mrc.web.sandbox_carrier.subscribers import decode_subscriber


class Control:
    """Bodies in, bodies out. Raises `Malformed`."""

    def __init__(self, apis: CarrierApis, authorization: AuthorizationServer) -> None:
        self._apis = apis
        self._authorization = authorization

    def put_subscribers(self, body: Mapping[str, object]) -> dict[str, object]:
        """``{"subscribers": [...]}``: each replaces what was known about its number."""
        entries = optional_objects(body, "subscribers", "control request")
        subscribers = [decode_subscriber(entry) for entry in entries]
        for subscriber in subscribers:
            self._apis.subscribers.put(subscriber)
        return {"put": len(subscribers)}

    def script(self, body: Mapping[str, object]) -> Script:
        return decode_script(body)

    def outbox(self, _: Mapping[str, object]) -> dict[str, object]:
        """The last messages, the newest last."""
        return {
            "messages": [
                {"phone": item.phone, "text": item.text, "at": item.at.isoformat()}
                for item in self._apis.outbox
            ]
        }

    def operator_token(self, body: Mapping[str, object]) -> dict[str, object]:
        """What the phone with this number's SIM would be given by the network."""
        phone = decode_phone_number(required_text(body, "phone", "control request"))
        return {"operator_token": self._authorization.make_operator_token(phone)}
