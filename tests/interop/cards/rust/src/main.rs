//! A terminal on `dmrtd`: that library's PACE or BAC, secure messaging, parsing, Passive and Active
//! Authentication, with the card in the first PC/SC reader. Prints what it finds as JSON.
//!
//! terminal-rust can CAN ROOT.der | terminal-rust bac NUMBER/YYMMDD/YYMMDD ROOT.der

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use dmrtd::auth::passive::{self, ChainStatus, DataGroup, PassiveAuthError, TrustAnchor};
use dmrtd::com::{TransceiveError, Transceiver};
use dmrtd::lds::ef::ElementaryFile;
use dmrtd::passport::Passport;
use dmrtd::proto::can_key::CanKey;
use dmrtd::proto::dba_key::DBAKey;
use pcsc::{Card, Context, Protocols, Scope, ShareMode, MAX_BUFFER_SIZE_EXTENDED};
use serde_json::json;
use sha2::{Digest, Sha256};

const WAIT: Duration = Duration::from_secs(10);
const CHALLENGE: [u8; 8] = [0x52, 0x75, 0x73, 0x74, 0x01, 0x02, 0x03, 0x04];

type Failure = Box<dyn Error>;

struct Reader(Card);

impl Transceiver for Reader {
    fn transceive(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        let mut buffer = [0; MAX_BUFFER_SIZE_EXTENDED];
        let answer = self.0.transmit(apdu, &mut buffer);
        answer.map(<[u8]>::to_vec).map_err(|e| TransceiveError::new(e.to_string()))
    }
}

/// The first card that is put into a reader.
fn wait_for_card() -> Result<Reader, Failure> {
    let context = Context::establish(Scope::User)?;
    let until = Instant::now() + WAIT;
    while Instant::now() < until {
        for reader in context.list_readers_owned()? {
            if let Ok(card) = context.connect(&reader, ShareMode::Exclusive, Protocols::ANY) {
                return Ok(Reader(card));
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("no card".into())
}

fn open(card: &mut Passport<Reader>, kind: &str, secret: &str) -> Result<Option<Vec<u8>>, Failure> {
    if kind == "can" {
        let access = card.read_ef_card_access()?;
        card.start_session_pace(CanKey::new(secret)?, &access)?;
        return Ok(Some(access.to_bytes().to_vec()));
    }
    let parts: Vec<&str> = secret.split('/').collect();
    let day = |text| NaiveDate::parse_from_str(text, "%y%m%d");
    card.start_session(DBAKey::new(parts[0], day(parts[1])?, day(parts[2])?, false)?)?;
    Ok(None)
}

fn read(card: &mut Passport<Reader>) -> Result<BTreeMap<u8, Vec<u8>>, Failure> {
    Ok(BTreeMap::from([
        (1, card.read_ef_dg1()?.to_bytes().to_vec()),
        (2, card.read_ef_dg2()?.to_bytes().to_vec()),
        (11, card.read_ef_dg11()?.to_bytes().to_vec()),
        (12, card.read_ef_dg12()?.to_bytes().to_vec()),
        (13, card.read_ef_dg13()?.to_bytes().to_vec()),
        (14, card.read_ef_dg14()?.to_bytes().to_vec()),
        (15, card.read_ef_dg15()?.to_bytes().to_vec()),
    ]))
}

/// Group by group, so that each has an outcome of its own.
fn judge(
    sod: &[u8],
    groups: &BTreeMap<u8, Vec<u8>>,
    anchor: &TrustAnchor,
) -> Result<BTreeMap<String, bool>, Failure> {
    let mut checks = BTreeMap::from([("signature".to_string(), true)]);
    for (&number, bytes) in groups {
        let one = [DataGroup { number, bytes }];
        let verdict = passive::verify(sod, &one, std::slice::from_ref(anchor));
        let name = format!("hash.DG{number}");
        match verdict {
            Ok(found) => {
                checks.insert(name, found.verified_groups == [number]);
                let trusted = matches!(found.chain, ChainStatus::Trusted { .. });
                checks.insert("chain".to_string(), trusted);
            }
            Err(PassiveAuthError::DataGroupHashMismatch(_)) => {
                checks.insert(name, false);
            }
            Err(PassiveAuthError::BadDocumentSignature | PassiveAuthError::BadSignedAttributes) => {
                checks.insert("signature".to_string(), false);
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(checks)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let anchor = TrustAnchor::from_certificate(&std::fs::read(&arguments[3])?)?;
    let mut card = Passport::new(wait_for_card()?);
    let access = open(&mut card, &arguments[1], &arguments[2])?;
    let com = card.read_ef_com()?.to_bytes().to_vec();
    let sod = card.read_ef_sod()?.to_bytes().to_vec();
    let groups = read(&mut card)?;
    let mut checks = judge(&sod, &groups, &anchor)?;
    let proved = card.verify_active_authentication(&CHALLENGE).is_ok();
    checks.insert("active_authentication".to_string(), proved);
    let mut files: BTreeMap<String, String> =
        groups.iter().map(|(number, bytes)| (format!("DG{number}"), hash(bytes))).collect();
    files.insert("EF.COM".to_string(), hash(&com));
    files.insert("EF.SOD".to_string(), hash(&sod));
    if let Some(bytes) = access {
        files.insert("EF.CardAccess".to_string(), hash(&bytes));
    }
    let outcome = |held: &bool| if *held { "passed" } else { "failed" };
    let checks: BTreeMap<_, _> = checks.iter().map(|(name, held)| (name, outcome(held))).collect();
    println!("{}", json!({"checks": checks, "files": files, "said": {}}));
    Ok(())
}
