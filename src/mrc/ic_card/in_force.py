"""Whether a document is still in force by the date it says itself (ICAO Doc 9303-5, 4.2.2.1).

Another question than who vouches for it: an expired card is as authentic as before. Only the last
day of validity is judged. The period of stay in EF.RES is not: an extension is entered in the
register and never written to the chip, so its end says nothing for certain.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from mrc.ic_card import mrz
from mrc.ic_card.lds.data_groups import decode_dg1
from mrc.ic_card.lds.files import FileRef, data_group
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined

IN_FORCE = "ic_card.in_force"
_CLAUSE = "9303-5 4.2.2.1"
_DG1 = data_group(1)


def find_in_force(
    files: Mapping[FileRef, bytes], findings: Sequence[Finding], *, today: date
) -> Finding:
    """Passed up to the end of the last day that DG1 names, failed after it.

    `findings` are `passive_authentication.verify_files`' of the same files: where nobody vouches
    for DG1, its date is whatever the sender wrote, and nothing can be said. Neither can it of a
    document without a date of expiry. `today` is the calendar day where the document is shown.
    """
    vouched = next((each for each in findings if each.check == f"ic_card.file.{_DG1.name}"), None)
    if _DG1 not in files or vouched is None:
        return undetermined(IN_FORCE, _CLAUSE, Reason.NOT_READ, "DG1")
    if vouched.outcome is not Outcome.PASSED:
        reason = vouched.reason or Reason.SIGNER_UNTRUSTED
        return undetermined(IN_FORCE, _CLAUSE, reason, "nobody vouches for DG1")
    try:
        last = mrz.last_day(decode_dg1(files[_DG1]).expiry_date)
    except Malformed as error:
        return undetermined(IN_FORCE, _CLAUSE, Reason.EXPIRY_UNREADABLE, str(error))
    if last < today:
        return failed(IN_FORCE, _CLAUSE, Reason.CARD_EXPIRED, f"the last day was {last}")
    return passed(IN_FORCE, _CLAUSE, f"the last day is {last}")
