//! Parsing, printing and arithmetic.

use super::*;

fn parse(text: &str) -> Result<String, DecimalError> {
    Decimal::parse(text.as_bytes()).map(|decimal| decimal.to_string())
}

#[test]
fn text_goes_in_and_comes_out_exact() {
    for text in [
        "0",
        "1",
        "61837.63",
        "0.000000000001",
        "-0.00375",
        "99999999999999999999999999999999999999",
        "0.00000000000000000000000000000000000001",
        "12345678901234567890.123456789012345678",
    ] {
        assert_eq!(parse(text).as_deref(), Ok(text));
    }
}

#[test]
fn trailing_zeros_and_exponents_are_made_canonical() {
    assert_eq!(parse("61837.63000000").as_deref(), Ok("61837.63"));
    assert_eq!(parse("-0.0").as_deref(), Ok("0"));
    assert_eq!(parse("1e3").as_deref(), Ok("1000"));
    assert_eq!(parse("1.5E-8").as_deref(), Ok("0.000000015"));
    assert_eq!(parse("100e-2").as_deref(), Ok("1"));
    assert_eq!(parse("0e999999999").as_deref(), Ok("0"));
}

#[test]
fn what_does_not_fit_is_an_error_and_never_rounded() {
    assert_eq!(parse(&"1".repeat(39)), Err(DecimalError::Precision));
    assert_eq!(parse("1e39"), Err(DecimalError::Range));
    assert_eq!(parse("1e999999999"), Err(DecimalError::Range));
    assert_eq!(parse("1e-999999999"), Err(DecimalError::Scale));
}

#[test]
fn only_the_grammar_of_json_numbers_is_accepted() {
    for text in [
        "", "-", "+1", ".5", "5.", "00.5", " 1", "1 ", "1,5", "0x10", "1_000", "NaN", "inf", "1e",
        "1e+", "1.e3", "1e1.5", "١٢",
    ] {
        assert_eq!(parse(text), Err(DecimalError::Syntax), "{text:?}");
    }
}

#[test]
fn the_short_way_reads_what_the_long_way_reads() {
    for text in [
        "0.00000001",
        "61837.63000000",
        "0.02000000",
        "12345678.00000000",
        "123456789.12345678",
        "1",
        "10",
        "0",
        "0.5",
        "1.10",
        "100.00000000",
        "0.00000000",
        "999999999999999999",
        "0.00000000000000001",
        "1234.5",
        "1234567.12345678",
        "123456789012.123",
        "123456789012345",
        "1234567890123456",
        "0.0000000000000",
        "0.12345678901230",
        "20",
        "0.1",
        "100.0",
        "10.010",
        "61837.6",
    ] {
        assert_eq!(
            Decimal::parse_short(text.as_bytes()),
            Some(Decimal::parse(text.as_bytes()).unwrap()),
            "{text}"
        );
    }
    for text in [
        "",
        ".",
        "-1",
        "+1",
        ".5",
        "5.",
        "00.5",
        "01.00000000",
        "1e3",
        "1.5e-8",
        "NaN",
        "1,00000000",
        "1..0000000",
        "x.00000000",
        "1.0000000x",
        "1.x0000000",
        "12x45.00000000",
        "1.2.3",
        "1.",
        "12345678.",
        "12345678901234.",
        ".12345678",
        "1:2",
        "1.2:",
        "01",
        "00",
        "1/2.5",
        "12345678901234-",
        "\u{ff}1.5",
        "1234567890123456789",
        " 1",
        "1 ",
    ] {
        assert_eq!(Decimal::parse_short(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn products_are_exact_or_refused() {
    let times = |one: &str, two: &str| {
        let product = Decimal::parse(one.as_bytes())
            .unwrap()
            .times(Decimal::parse(two.as_bytes()).unwrap());
        product.map(|product| product.to_string())
    };
    assert_eq!(times("569.17", "0.01").as_deref(), Ok("5.6917"));
    assert_eq!(times("12", "0.5").as_deref(), Ok("6"));
    assert_eq!(times("0", "0.01").as_deref(), Ok("0"));
    assert_eq!(times("-3", "0.1").as_deref(), Ok("-0.3"));
    assert_eq!(
        times("12345678901234567890.5", "2").as_deref(),
        Ok("24691357802469135781")
    );
    let large = "9".repeat(38);
    assert_eq!(times(&large, "9"), Err(DecimalError::Range));
    assert_eq!(times(&large, &large), Err(DecimalError::Range));
    let small = format!("0.{}1", "0".repeat(30));
    assert_eq!(times(&small, &small), Err(DecimalError::Scale));
}

#[test]
fn units_at_another_scale_never_round() {
    let price = Decimal::parse(b"61837.63").unwrap();
    assert_eq!(price.units_at(18), Some(61_837_630_000_000_000_000_000));
    assert_eq!(price.units_at(1), None);
}
