"""The two classes that virtualsmartcard's identity card takes from OpenPACE's Python module.

Terminal Authentication's certificates and templates are not used here and have no code.
"""

import eac


class PACE_SEC:
    def __init__(self, secret, kind):
        self.sec = eac.PACE_SEC_new(secret, len(secret), kind)


class EAC_CTX:
    def __init__(self):
        self.ctx = eac.EAC_CTX_new()


class CHAT:
    def __init__(self, data):
        raise ValueError("no Terminal Authentication here")


CVC = CHAT
