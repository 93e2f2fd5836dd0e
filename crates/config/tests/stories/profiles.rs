//! Profiles: what stands for them, and mistakes in their names.

use expect_test::expect;

use crate::rendered;

#[test]
fn a_profile_that_nobody_knows_is_refused_where_it_stands() {
    let text = format!("profile = \"zendsk\"\n{}", crate::BASE);
    expect![[r#"
        Error 1:11
          × there is no profile `zendsk`
           ╭─[rappel.toml:1:11]
         1 │ profile = "zendsk"
           ·           ────┬───
           ·               ╰── expected one of "rappel", "zendesk", "8x8", "dynamics", "genesys", "iadvize"
           ╰────
          help: did you mean "zendesk"?
    "#]].assert_eq(&rendered(&text));
    let text = format!("profile = 8\n{}", crate::BASE);
    expect![[r#"
        Error 1:11
          × `profile` is not a name in quotes
           ╭─[rappel.toml:1:11]
         1 │ profile = 8
           ·           ┬
           ·           ╰── expected one of "rappel", "zendesk", "8x8", "dynamics", "genesys", "iadvize"
           ╰────
          help: write profile = "rappel" at the beginning of the file
    "#]].assert_eq(&rendered(&text));
}
