"""Rows of the issuer's tables as values and back."""

from mrc.formats.catalogue.card_types import CardType
from mrc.infra.database.engine import Row
from mrc.issuer.records import (
    AuthorizationRecord,
    DeferredRecord,
    Grant,
    GrantId,
    HolderReference,
    KeptResponse,
    MobileCard,
    MobileCardId,
    Offer,
    OfferId,
    OfferState,
    PublishedToken,
    StatusListId,
    StatusListRecord,
)


def offer_to_row(offer: Offer) -> Row:
    return {
        "id": offer.id,
        "holder": offer.holder,
        "card_type": offer.card_type.value,
        "configuration_ids": list(offer.configuration_ids),
        "officer": offer.officer,
        "office": offer.office,
        "session": offer.session,
        "code_digest": offer.code_digest,
        "reference_digest": offer.reference_digest,
        "issuer_state_digest": offer.issuer_state_digest,
        "tx_code_digest": offer.tx_code_digest,
        "tries": offer.tries,
        "max_tries": offer.max_tries,
        "state": offer.state.value,
        "created_at": offer.created_at,
        "expires_at": offer.expires_at,
    }


def offer_from_row(row: Row) -> Offer:
    return Offer(
        **row
        | {
            "id": OfferId(row["id"]),
            "holder": HolderReference(row["holder"]),
            "card_type": CardType(row["card_type"]),
            "configuration_ids": tuple(row["configuration_ids"]),
            "state": OfferState(row["state"]),
        }
    )


def authorization_to_row(record: AuthorizationRecord) -> Row:
    return {
        "request_digest": record.request_digest,
        "client_id": record.client_id,
        "redirect_uri": record.redirect_uri,
        "state": record.state,
        "configuration_ids": list(record.configuration_ids),
        "use_identifiers": record.use_identifiers,
        "code_challenge": record.code_challenge,
        "jkt": record.jkt,
        "instance_jkt": record.instance_jkt,
        "offer": record.offer,
        "holder": record.holder,
        "card_type": None if record.card_type is None else record.card_type.value,
        "code_digest": record.code_digest,
        "expires_at": record.expires_at,
    }


def authorization_from_row(row: Row) -> AuthorizationRecord:
    card_type = row["card_type"]
    return AuthorizationRecord(
        **row
        | {
            "configuration_ids": tuple(row["configuration_ids"]),
            "card_type": None if card_type is None else CardType(card_type),
        }
    )


def grant_to_row(grant: Grant) -> Row:
    return {
        "id": grant.id,
        "holder": grant.holder,
        "card_type": grant.card_type.value,
        "configuration_ids": list(grant.configuration_ids),
        "use_identifiers": grant.use_identifiers,
        "client_id": grant.client_id,
        "jkt": grant.jkt,
        "instance_jkt": grant.instance_jkt,
        "offer": grant.offer,
        "card": grant.card,
        "refresh_digest": grant.refresh_digest,
        "refresh_expires_at": grant.refresh_expires_at,
        "created_at": grant.created_at,
        "ended_at": grant.ended_at,
    }


def grant_from_row(row: Row) -> Grant:
    return Grant(
        **row
        | {
            "id": GrantId(row["id"]),
            "card_type": CardType(row["card_type"]),
            "configuration_ids": tuple(row["configuration_ids"]),
        }
    )


def card_to_row(card: MobileCard) -> Row:
    return {
        "id": card.id,
        "holder": card.holder,
        "card_type": card.card_type.value,
        "phone": card.phone,
        "issued_at": card.issued_at,
        "locked": card.locked,
        "renewal_due": card.renewal_due,
        "ended_at": card.ended_at,
    }


def card_from_row(row: Row) -> MobileCard:
    return MobileCard(
        **row | {"id": MobileCardId(row["id"]), "card_type": CardType(row["card_type"])}
    )


def response_to_row(response: KeptResponse) -> Row:
    return {
        "request_digest": response.request_digest,
        "nonce_digest": response.nonce_digest,
        "grant_id": response.grant,
        "configuration_id": response.configuration_id,
        "notification_digest": response.notification_digest,
        "copies": response.copies,
        "sealed": response.sealed,
        "created_at": response.created_at,
        "expires_at": response.expires_at,
    }


def response_from_row(row: Row) -> KeptResponse:
    values = dict(row)
    return KeptResponse(grant=GrantId(values.pop("grant_id")), **values)


def deferred_to_row(record: DeferredRecord) -> Row:
    return {
        "transaction_digest": record.transaction_digest,
        "grant_id": record.grant,
        "configuration_id": record.configuration_id,
        "keys": [key.hex() for key in record.keys],
        "created_at": record.created_at,
        "expires_at": record.expires_at,
    }


def deferred_from_row(row: Row) -> DeferredRecord:
    values = dict(row)
    grant, keys = GrantId(values.pop("grant_id")), values.pop("keys")
    return DeferredRecord(grant=grant, keys=tuple(bytes.fromhex(key) for key in keys), **values)


def status_list_to_row(record: StatusListRecord) -> Row:
    return {
        "id": record.id,
        "size": record.size,
        "decoys": record.decoys,
        "used": record.used,
        "key": record.key,
        "version": record.version,
        "published_version": record.published_version,
        "published_at": record.published_at,
    }


def status_list_from_row(row: Row) -> StatusListRecord:
    return StatusListRecord(**row | {"id": StatusListId(row["id"])})


def token_to_row(token: PublishedToken) -> Row:
    return {
        "list_id": token.list_id,
        "issued_at": token.issued_at,
        "version": token.version,
        "expires_at": token.expires_at,
        "jwt": token.jwt,
        "cwt": token.cwt,
    }


def token_from_row(row: Row) -> PublishedToken:
    return PublishedToken(**row | {"list_id": StatusListId(row["list_id"])})
