//! The torture messages of RFC 4475, by the names they have there. The texts are ours and shorter;
//! each keeps what its section is about. Where the RFC lets an element be strict or liberal, the
//! name says which we are.

use crate::case::Verdict::{Answered, Dropped, Refused, Reply};
use crate::case::{cases, request, response, sip};

const SDP: &[u8] = b"v=0\r\no=a 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
    m=audio 49217 RTP/AVP 0 12\r\n";

fn options(fields: &str) -> Vec<u8> {
    sip("OPTIONS sip:user@example.com SIP/2.0", fields, b"")
}

fn register(fields: &str) -> Vec<u8> {
    sip("REGISTER sip:example.com SIP/2.0", fields, b"")
}

fn invite(fields: &str) -> Vec<u8> {
    sip("INVITE sip:user@example.com SIP/2.0", fields, b"")
}

// §3.1.1 valid, §3.1.2 invalid, §3.2 transactions, §3.3 applications, §3.4 backward compatibility.
cases! {
    wsinv_white_space_and_folding_everywhere: Answered(200), sip(
        "INVITE sip:dora@chair.example.com;unknownparam SIP/2.0",
        r#"TO :
 sip:dora@chair.example.com ;   tag    = 1918181833n
from   : "J Doe \\\""       <sip:jdoe@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.1@192.0.2.1
Content-Length   : 91
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewHeader:   new value
 continued value
UnknownHeader: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted \"\"" <sip:jdoe@example.com> ; newparam =
      newvalue ;
  second ; q = 0.33
"#, SDP);
    intmeth_every_character_that_is_allowed: Answered(405), sip(
        "!odd-Method0123456789_*+`.%'~ \
         sip:1_odd.URI~(to-be!sure)&is+it$/mad?,/;;*:&it+has=1,odd!*pas$wo~d(x)@example.com \
         SIP/2.0",
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\n\
         To: \"BEL:\\\u{7} NUL:\\\u{0} DEL:\\\u{7f}\" \
         <sip:1_odd.URI~(to-be!sure)&is+it$/mad?,/;;*@example.com>\n\
         From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>\
         ;fromParam''~+*_!.-%=\"работа\";tag=_token~1'+`*%!-.\n\
         Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n\
         extensionHeader-!.%*+_`'~:\u{feff}大停電\n", b"");
    esc01_escapes_in_uris: Answered(200), sip(
        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
        "To: sip:%75se%72@example.com\n\
         From: <sip:I%20have%20spaces@example.net>;tag=938\n\
         Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\n", b"");
    escnull_escaped_nul_in_uris: Answered(200), register(
        "To: sip:null-%00-null@example.com\n\
         From: sip:null-%00-null@example.com;tag=839923423\n\
         Contact: <sip:%00@host5.example.com>\nContact: <sip:%00%00@host5.example.com>\n");
    esc02_percent_signs_that_escape_nothing: Answered(405), sip(
        "RE%47IST%45R sip:registrar.example.com SIP/2.0",
        "To: \"%Z%45\" <sip:resource@example.com>\n\
         From: \"%Z%45\" <sip:resource@example.com>;tag=f232jadfj23\n\
         Contact: <sip:alias1@host1.example.com>\nC%6Fntact: <sip:alias2@host2.example.com>\n",
        b"");
    lwsdisp_no_space_before_the_bracket: Answered(200),
        options("From: caller<sip:caller@example.com>;tag=323\n");
    longreq_long_values: Answered(200), sip(
        &format!("INVITE sip:user@example.com;{} SIP/2.0", "longparam=longvalue;".repeat(30)),
        &format!(
            "To: \"I have {}name\" <sip:user@example.com>\n\
             From: sip:{}@example.net;tag=12{}424;name{}=v{}\n\
             Unknown-{}Header: {}\nVia: SIP/2.0/TCP sip33.example.com\n{}\
             Content-Type: application/sdp\n",
            "a very ".repeat(40), "amazinglylong".repeat(15), "982".repeat(70), "e".repeat(200),
            "u".repeat(200), "Long".repeat(30), "unknown-value;".repeat(60),
            "v: SIP/2.0/TCP sip32.example.com;branch=verylong\n".repeat(30),
        ), SDP);
    dblreq_a_second_message_behind_the_first: Answered(200),
        [register(""), invite("")].concat();
    semiuri_semicolons_in_the_user_part: Answered(200),
        sip("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0", "", b"");
    transports_known_and_unknown: Answered(200), options(
        "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bK1\n\
         Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bK2\n\
         Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK3\n\
         Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bK4\n\
         Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK5\n");
    mpart01_multipart_with_bytes_that_are_no_text: Answered(200), sip(
        "MESSAGE sip:user@example.com SIP/2.0",
        "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\n",
        b"--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n\
          --7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\
          0\x82\x01\x52\x06\x09\x2a\x86\x00\xff\r\n\r\n--7a9cbec02ceef655--");
    unreason_a_reason_in_another_script: Reply(200),
        sip("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое", "", b"");
    noreason_an_empty_reason: Reply(100), sip("SIP/2.0 100 ", "", b"");

    badinv01_stray_separators: Refused(400), invite(
        "Contact: \"Joe\" <sip:joe@example.org>;;;;\nVia: SIP/2.0/UDP 192.0.2.15;;,;,,\n");
    clerr_content_length_beyond_the_datagram: Refused(400), sip(
        "INVITE sip:user@example.com SIP/2.0",
        "Content-Length: 9999\nContent-Type: application/sdp\n", SDP);
    ncl_negative_content_length: Refused(400), sip(
        "INVITE sip:user@example.com SIP/2.0",
        "Content-Length: -999\nContent-Type: application/sdp\n", SDP);
    scalar02_numbers_too_great_in_a_request: Refused(400), register(
        "CSeq: 36893488147419103232 REGISTER\nMax-Forwards: 300\nExpires: 10000000000\n\
         Contact: <sip:user@host129.example.com>;expires=280297596632815\n");
    scalarlg_numbers_too_great_in_a_response: Dropped, sip(
        "SIP/2.0 503 Service Unavailable",
        "CSeq: 9292394834772304023312 OPTIONS\nRetry-After: 949302838503028349304023988\n", b"");
    quotbal_a_quote_that_never_closes: Refused(400),
        invite("To: \"Mr. J. User <sip:j.user@example.com>\n");
    ltgtruri_brackets_around_the_request_uri: Refused(400),
        sip("INVITE <sip:user@example.com> SIP/2.0", "", b"");
    lwsruri_white_space_in_the_request_uri: Refused(400),
        sip("INVITE sip:user@example.com; lr SIP/2.0", "", b"");
    lwsstart_two_spaces_in_the_request_line_are_refused: Refused(400),
        sip("INVITE  sip:user@example.com  SIP/2.0", "", b"");
    trws_spaces_after_the_version_are_forgiven: Answered(200),
        sip("OPTIONS sip:remote-target@example.com SIP/2.0  ", "", b"");
    escruri_headers_in_the_request_uri_are_refused: Refused(400),
        sip("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0", "", b"");
    baddate_a_zone_that_is_not_gmt_is_not_read: Answered(200),
        invite("Date: Fri, 01 Jan 2010 16:00:00 EST\n");
    regbadct_a_contact_with_headers_but_no_brackets: Answered(400),
        register("Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\n");
    badaspec_spaces_inside_the_brackets_are_forgiven: Answered(200),
        options("To: \"Watson, Thomas\" < sip:t.watson@example.org >\n");
    baddn_commas_in_an_unquoted_name_are_forgiven: Answered(200), options(
        "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\n\
         To: Watson, Thomas <sip:t.watson@example.org>\n");
    badvers_another_version: Refused(505), sip("OPTIONS sip:t.watson@example.org SIP/7.0", "", b"");
    mismatch01_cseq_of_another_method: Refused(400), options("CSeq: 8 INVITE\n");
    mismatch02_cseq_of_another_method_and_an_unknown_one: Refused(400),
        sip("NEWMETHOD sip:user@example.com SIP/2.0", "CSeq: 8 INVITE\n", b"");
    bigcode_a_status_beyond_three_digits: Dropped,
        sip("SIP/2.0 4294967301 better not break the receiver", "", b"");

    badbranch_nothing_after_the_magic_cookie: Answered(200),
        options("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\n");

    insuf_no_call_id_from_and_to: Refused(400),
        b"INVITE sip:user@example.com SIP/2.0\r\nMax-Forwards: 95\r\nCSeq: 1 INVITE\r\n\
          Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\nContent-Length: 0\r\n\r\n"
            .to_vec();
    unkscm_an_unknown_scheme: Answered(416),
        sip("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", "", b"");
    novelsc_a_known_scheme_that_is_not_for_calls: Answered(416),
        sip("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "", b"");
    unksm2_other_schemes_in_the_fields: Answered(200), register(
        "To: isbn:2983792873\nFrom: <http://www.example.com>;tag=3234233\n\
         Contact: <name:John_Smith>\n");
    bext01_an_extension_that_nobody_has: Answered(420), options(
        "Require: nothingSupportsThis, nothingSupportsThisEither\n\
         Proxy-Require: noProxiesSupportThis\n");
    invut_a_body_of_an_unknown_type: Answered(415), sip(
        "INVITE sip:user@example.com SIP/2.0", "Content-Type: application/unknownformat\n",
        b"<audio>\r\n <pcmu port=\"443\"/>\r\n</audio>\r\n");
    regaut01_an_unknown_authorization_scheme: Answered(200),
        register("Authorization: NoOneKnowsThisScheme opaque-data=here\n");
    multi01_twice_what_may_stand_once: Refused(400), invite(
        "CSeq: 5 INVITE\nCSeq: 59 INVITE\nCall-ID: multi01.a\nCall-ID: multi01.b\n\
         Max-Forwards: 70\nMax-Forwards: 5\n\
         From: sip:caller@example.com;tag=3413415\nFrom: sip:caller@example.net;tag=2923420\n\
         To: sip:user@example.com\nTo: sip:other@example.net\n");
    mcl01_two_lengths: Refused(400), sip(
        "OPTIONS sip:user@example.com SIP/2.0", "Content-Length: 13\nContent-Length: 5\n",
        b"There's no way to know how many octets are supposed to be here.\r\n");
    bcast_a_response_with_a_broadcast_via: Reply(200), sip(
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\n\
         Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\n", b"");
    zeromf_no_hops_left: Answered(200), options("Max-Forwards: 0\n");
    cparam01_a_parameter_of_contact: Answered(200),
        register("Contact: sip:+19725552222@gw1.example.net;unknownparam\n");
    cparam02_a_parameter_of_the_uri_in_contact: Answered(200),
        register("Contact: <sip:+19725552222@gw1.example.net;unknownparam>\n");
    regescrt_escaped_headers_in_a_contact: Answered(200),
        register("Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\n");
    sdp01_nothing_that_we_write_is_accepted: Answered(406), sip(
        "INVITE sip:user@example.com SIP/2.0",
        "Accept: text/nobodyKnowsThis\nContent-Type: application/sdp\n", SDP);

    inv2543_no_branch_and_no_hops: Answered(200),
        b"INVITE sip:UserB@example.com SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\n\
          From: <sip:+13035551111@ift.client.example.net;user=phone>\r\n\
          Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>\r\n\
          To: sip:+16505552222@ss1.example.net;user=phone\r\nCall-ID: inv2543.1717@ift.example\r\n\
          CSeq: 56 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
            .to_vec();
}

#[test]
fn all_forty_nine_are_here() {
    assert_eq!(all().len(), 49);
}

#[test]
fn wsinv_is_read_through_its_folding() {
    let invite = request(&bytes("wsinv"));
    let headers = &invite.headers;
    let vias = headers.vias().unwrap();
    let hops: Vec<_> = vias.iter().map(|via| (via.host.as_str(), via.branch().unwrap())).collect();
    assert_eq!(
        hops,
        [
            ("192.0.2.2", "390skdjuw"),
            ("spindle.example.com", "z9hG4bK9ikj8"),
            ("192.168.255.111", "z9hG4bK30239"),
        ]
    );
    assert_eq!(headers.to().unwrap().unwrap().tag(), Some("1918181833n"));
    let from = headers.from().unwrap().unwrap();
    assert_eq!((from.display.as_deref(), from.tag()), (Some("J Doe \\\""), Some("98asjd8")));
    assert_eq!(headers.cseq().unwrap().unwrap().number, 9);
    assert_eq!(headers.max_forwards(), Ok(Some(68)));
    assert_eq!(headers.get("Subject"), Some(""));
    assert_eq!(headers.get("newheader"), Some("new value continued value"));
    let contact = headers.contact().unwrap().unwrap();
    assert_eq!(contact.params.get("newparam"), Some("newvalue"));
    assert_eq!(contact.params.get("q"), Some("0.33"));
    assert!(contact.params.has("second"));
    assert!(headers.routes().unwrap()[0].uri.is_lr());
    assert_eq!(invite.body.len(), 91);
}

#[test]
fn intmeth_keeps_every_character() {
    let odd = request(&bytes("intmeth"));
    assert_eq!(odd.method.as_str(), "!odd-Method0123456789_*+`.%'~");
    let uri = odd.uri.sip().unwrap();
    assert_eq!(uri.user.as_deref(), Some("1_odd.URI~(to-be!sure)&is+it$/mad?,/;;*"));
    assert_eq!(uri.password.as_deref(), Some("&it+has=1,odd!*pas$wo~d(x)"));
    assert_eq!(uri.host, "example.com");
    let to = odd.headers.to().unwrap().unwrap();
    assert_eq!(to.display.as_deref(), Some("BEL:\u{7} NUL:\u{0} DEL:\u{7f}"));
    let from = odd.headers.from().unwrap().unwrap();
    assert_eq!(from.display.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(odd.headers.call_id(), Some("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
    assert_eq!(odd.headers.get("extensionHeader-!.%*+_`'~"), Some("\u{feff}大停電"));
}

#[test]
fn escapes_are_undone_only_where_they_are_escapes() {
    let esc01 = request(&bytes("esc01"));
    assert_eq!(esc01.uri.host(), Some("example.net"));
    assert_eq!(esc01.uri.user_unescaped().as_deref(), Some("sips:user@example.com"));
    let from = esc01.headers.from().unwrap().unwrap();
    assert_eq!(from.uri.user_unescaped().as_deref(), Some("I have spaces"));
    assert!(esc01.headers.contact().unwrap().unwrap().uri.is_lr());
    let null = request(&bytes("escnull"));
    assert_eq!(
        null.headers.to().unwrap().unwrap().uri.user_unescaped().as_deref(),
        Some("null-\0-null")
    );
    assert_eq!(null.headers.contacts().unwrap().len(), 2);
    assert!(!null.to_bytes().contains(&0));
    let esc02 = request(&bytes("esc02"));
    assert_eq!(esc02.method.as_str(), "RE%47IST%45R");
    assert_eq!(esc02.headers.to().unwrap().unwrap().display.as_deref(), Some("%Z%45"));
    assert_eq!(esc02.headers.contacts().unwrap().len(), 1);
}

#[test]
fn the_rest_is_read_as_its_section_says() {
    let lwsdisp = request(&bytes("lwsdisp")).headers.from().unwrap().unwrap();
    assert_eq!(lwsdisp.display.as_deref(), Some("caller"));
    assert_eq!(request(&bytes("longreq")).headers.vias().unwrap().len(), 31);
    assert_eq!(request(&bytes("dblreq")).method, sip_msg::Method::Register);
    let semiuri = request(&bytes("semiuri")).uri;
    assert_eq!(semiuri.user_unescaped().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(semiuri.number().as_deref(), Some("user"));
    let transports = request(&bytes("transports")).headers.vias().unwrap();
    let names: Vec<&str> = transports.iter().map(|via| via.transport.as_str()).collect();
    assert_eq!(names, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    assert!(bytes("mpart01").ends_with(&request(&bytes("mpart01")).body));
    assert!(response(&bytes("unreason")).reason.ends_with("простое"));
    assert_eq!(response(&bytes("noreason")).reason, "");
    let badbranch = request(&bytes("badbranch")).headers.top_via().unwrap().unwrap();
    assert!(!badbranch.has_magic_cookie());
    let cparam01 = request(&bytes("cparam01")).headers.contact().unwrap().unwrap();
    assert!(cparam01.params.has("unknownparam"));
    let cparam02 = request(&bytes("cparam02")).headers.contact().unwrap().unwrap();
    assert!(cparam02.params.is_empty());
    assert_eq!(request(&bytes("inv2543")).body, b"v=0\r\n");
}
