use proptest::prelude::*;

use super::*;

const VERSION_1: &str = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n\
<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><LANGUAGE></SONRS></SIGNONMSGSRSV1>\
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0</STATUS><STMTRS><CURDEF>CAD\n\
<BANKACCTFROM><BANKID>16<BRANCHID>00<ACCTID>123 45<ACCTTYPE>CHECKING</BANKACCTFROM>\
<BANKTRANLIST><DTSTART>20090401<DTEND>20090523122017\n\
<STMTTRN><TRNTYPE>POS<DTPOSTED>20090401122017.000[-5:EST]<TRNAMT>-6.60<FITID>A1<NAME>M&amp;M'S #1 &copy; R&D<MEMO>two\n   lines</STMTTRN>\
<STMTTRN><TRNTYPE>CHECK<DTPOSTED>20090402<TRNAMT>+316,67<FITID>A2<CHECKNUM>7<PAYEE><NAME>Joe<CITY>X</PAYEE><MEMO>\
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20090231<TRNAMT>1 000.00<BANKACCTTO><ACCTID>9</BANKACCTTO></STMTTRN>\
</BANKTRANLIST><LEDGERBAL><BALAMT>382.34<DTASOF>20090523</LEDGERBAL><AVAILBAL><BALAMT></AVAILBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>";

const VERSION_2: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><?OFX OFXHEADER=\"200\" VERSION=\"211\"?>\n\
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><STATUS><CODE>0</CODE></STATUS><CCSTMTRS><CURDEF>EUR</CURDEF>\
<CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240229</DTPOSTED>\
<DTUSER>20240227</DTUSER><TRNAMT>-12.00</TRNAMT><FITID>1</FITID><REFNUM>R</REFNUM><NAME><![CDATA[Caf\u{e9} <1> &amp; ]]></NAME><MEMO/>\
<ORIGCURRENCY><CURRATE>1.1</CURRATE><CURSYM>USD</CURSYM></ORIGCURRENCY><X><NAME>no</NAME></X></STMTTRN></BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS>\
<CCSTMTTRNRS><STATUS><CODE>2000</CODE><SEVERITY>ERROR</SEVERITY><MESSAGE>General error</MESSAGE></STATUS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>";

fn ofx(text: &str) -> Ofx {
    read(text.as_bytes(), &Limits::default()).unwrap()
}

fn refused(text: &str) -> &'static str {
    read(text.as_bytes(), &Limits::default()).unwrap_err().code()
}

#[test]
fn version_1_does_not_close_its_leaves() {
    let found = ofx(VERSION_1);
    assert_eq!((found.statements.len(), found.answers.len()), (1, 0));
    let statement = &found.statements[0];
    assert_eq!(statement.kind, AccountKind::Bank);
    assert_eq!(statement.currency, "CAD");
    assert_eq!(
        (statement.bank_id.as_str(), statement.account_id.as_str()),
        ("16", "123 45")
    );
    assert_eq!(statement.account_type, "CHECKING");
    assert_eq!(statement.end.unwrap().to_string(), "2009-05-23T12:20:17");
    assert_eq!(statement.ledger.as_ref().unwrap().amount, "382.34");
    assert_eq!(statement.available, None);
    let [coffee, check, broken] = &statement.transactions[..] else {
        panic!("{:?}", statement.transactions);
    };
    assert_eq!(coffee.posted.unwrap().to_string(), "2009-04-01T12:20:17-05:00");
    assert_eq!(coffee.amount.as_deref(), Some("-6.60"));
    assert_eq!(coffee.payee.as_deref(), Some("M&M'S #1 &copy; R&D"));
    assert_eq!(coffee.memo.as_deref(), Some("two lines"));
    assert_eq!(check.amount.as_deref(), Some("+316,67"));
    assert_eq!(
        (check.check_number.as_deref(), check.payee.as_deref()),
        (Some("7"), Some("Joe"))
    );
    assert_eq!(
        (check.memo.as_deref(), check.posted_unread.as_deref()),
        (None, None)
    );
    assert_eq!(
        (broken.posted, broken.posted_unread.as_deref()),
        (None, Some("20090231"))
    );
    assert_eq!(broken.amount.as_deref(), Some("1 000.00"));
    // The other side of a transfer is not the account.
    assert_eq!(statement.account_id, "123 45");
}

#[test]
fn version_2_is_xml() {
    let found = ofx(VERSION_2);
    let statement = &found.statements[0];
    assert_eq!(statement.kind, AccountKind::CreditCard);
    assert_eq!(
        (statement.account_id.as_str(), statement.currency.as_str()),
        ("4111", "EUR")
    );
    let bought = &statement.transactions[0];
    assert_eq!(bought.payee.as_deref(), Some("Café <1> &amp;"));
    assert_eq!(bought.currency.as_deref(), Some("USD"));
    assert_eq!(bought.user_date.unwrap().to_string(), "2024-02-27");
    assert_eq!(
        (bought.reference.as_deref(), bought.memo.as_deref()),
        (Some("R"), None)
    );
    let failure = Answer {
        code: "2000".to_owned(),
        severity: "ERROR".to_owned(),
        message: "General error".to_owned(),
    };
    assert_eq!(found.answers, [failure]);
}

#[test]
fn nothing_is_expanded() {
    let declared = "<!DOCTYPE OFX [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>";
    let found = ofx(&format!(
        "{declared}<OFX><STMTRS><STMTTRN><NAME>&a;&b;&#65;&#0;</NAME></STMTTRN></STMTRS></OFX>"
    ));
    assert_eq!(
        found.statements[0].transactions[0].payee.as_deref(),
        Some("&a;&b;A&#0;")
    );
}

#[test]
fn what_is_no_statement_is_told() {
    assert_eq!(refused("Date,Amount\n1,2\n"), "FILE_TYPE");
    assert_eq!(refused(""), "FILE_TYPE");
    assert_eq!(ofx("OFXHEADER:100\n\n<OFX></OFX>"), Ofx::default());
    // Bytes of a file that was cut.
    assert_eq!(
        ofx("<OFX><STMTRS><STMTTRN><TRNAMT>-1").statements[0]
            .transactions
            .len(),
        1
    );
}

#[test]
fn bombs_are_refused() {
    let nested: String = (0..1_000).map(|n| format!("<A{n}>")).collect();
    let closed: String = (0..1_000).map(|n| format!("</A{n}>")).collect();
    assert_eq!(refused(&format!("<OFX>{nested}{closed}")), "NESTED_TOO_DEEP");
    assert_eq!(
        refused(&format!("<OFX>{}", "<STMTTRN>".repeat(200_000))),
        "TOO_MANY_ROWS"
    );
    assert_eq!(
        refused(&format!("<OFX>{}", "<STMTRS>".repeat(1_000))),
        "TOO_MANY_SHEETS"
    );
    assert_eq!(
        refused(&format!("<OFX><STMTTRN>{}", "<MEMO>a".repeat(1_100_000))),
        "TOO_MANY_CELLS"
    );
    assert_eq!(
        refused(&format!("<OFX><MEMO>{}", "a".repeat(1 << 20))),
        "CELL_TOO_LONG"
    );
    let answers = "<STATUS><CODE>1</STATUS>".repeat(400_000);
    assert_eq!(refused(&format!("<OFX>{answers}")), "TOO_MANY_SHEETS");
    assert_eq!(
        refused(&format!("<OFX>{}", " ".repeat(10 << 20))),
        "FILE_TOO_LARGE"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(<OFX>|<STMTRS>|<STMTTRN>|</STMTTRN>|<NAME>|<MEMO>|</MEMO>|<X>|</X>|&amp;|&#1;|<!\\[CDATA\\[|\\]\\]>|é|<|\n){0,60}") {
        let found = ofx(&format!("<OFX>{text}"));
        let count: usize = found.statements.iter().map(|statement| statement.transactions.len()).sum();
        prop_assert_eq!(count, super::tokens::Tokens::new(&text).filter(|token| *token == super::tokens::Token::Open("STMTTRN")).count());
    }

    #[test]
    fn damaged_files_are_read_or_refused(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8),
        second in any::<bool>(),
    ) {
        let mut bytes = if second { VERSION_2 } else { VERSION_1 }.as_bytes().to_vec();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, byte),
            }
        }
        if let Ok(found) = read(&bytes, &Limits::default()) {
            prop_assert!(found.statements.iter().map(|statement| statement.transactions.len()).sum::<usize>() <= 4);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [b"<OFX>", &bytes[..]].concat();
        if let Ok(found) = read(&bytes, &Limits::default()) {
            prop_assert!(found.statements.len() <= bytes.len());
        }
    }
}
