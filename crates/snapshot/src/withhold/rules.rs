//! The rows of `nachweis-redaction/1`: what counts as a secret, and under which code the seal lists it.
//!
//! The tables are data and part of every catalogue release: a withheld value makes a check that reads it
//! indeterminate. A change of any row is a new version of the list.

use nachweis_canon::Json;

/// Name of the list, as the seal names it.
pub const FORMAT: &str = "nachweis-redaction/1";

/// Codes of the rules with what each of them finds. The codes are stable.
pub(crate) const RULES: &[(&str, &str)] = &[
    (code::PLACE, "a place where Kubernetes, or a tool for it, keeps secrets: see `places`"),
    (code::MARK, "a mark that another collector left in place of a value"),
    (code::NAME, "a literal value under a name that means a secret: see `names`"),
    (
        code::ASSIGNMENT,
        "a text in which such a name gets a literal value: .env, properties, ini, YAML, JSON, XML, query of a URL",
    ),
    (code::ARGUMENT, "a command that is given a secret: an option of such a name, or one of `tools`"),
    (code::TOKEN, "a token that its issuer made recognisable: see `tokens`"),
    (code::JWT, "a signed token (RFC 7519)"),
    (code::AUTHORIZATION, "credentials of an HTTP header, basic or bearer"),
    (code::PRIVATE_KEY, "a private key in PEM, plain or in base64"),
    (code::URL, "a URL with a password, or a random name, before its host"),
    (code::WEBHOOK, "a URL that is itself the credential: see `webhooks`"),
    (code::PASSWORD_HASH, "a hash of a password (crypt, bcrypt, argon2, htpasswd, LDAP, SCRAM)"),
    (code::REGISTRY_AUTH, "credentials of image registries as docker keeps them"),
    (code::CLOUD_INIT, "user data of a machine: scripts that set passwords and keys"),
    (code::EMBEDDED, "the manifest of a Secret inside of a text"),
    (code::COMPRESSED, "compressed content in base64, which nothing here looks into"),
    (code::BOOTSTRAP_TOKEN, "a bootstrap token of kubeadm"),
    (code::KEY, "a secret in place of a member's name: name and value are withheld"),
];

/// Codes of the rules.
pub mod code {
    #![allow(missing_docs)]
    pub const PLACE: &str = "place";
    pub const MARK: &str = "mark";
    pub const NAME: &str = "name";
    pub const ASSIGNMENT: &str = "assignment";
    pub const ARGUMENT: &str = "argument";
    pub const TOKEN: &str = "token";
    pub const JWT: &str = "jwt";
    pub const AUTHORIZATION: &str = "authorization";
    pub const PRIVATE_KEY: &str = "private-key";
    pub const URL: &str = "url";
    pub const WEBHOOK: &str = "webhook";
    pub const PASSWORD_HASH: &str = "password-hash";
    pub const REGISTRY_AUTH: &str = "registry-auth";
    pub const CLOUD_INIT: &str = "cloud-init";
    pub const EMBEDDED: &str = "embedded-secret";
    pub const COMPRESSED: &str = "compressed";
    pub const BOOTSTRAP_TOKEN: &str = "bootstrap-token";
    pub const KEY: &str = "key";
}

/// Places of secrets: group, kind, patterns of values. `*` stands for every group or kind.
pub(crate) const PLACES: &[(&str, &str, &[&str])] = &[
    (
        "",
        "Secret",
        &[
            "/data/*",
            "/stringData/*",
            "/metadata/annotations/objectset.rio.cattle.io~1applied",
            "/metadata/annotations/kapp.k14s.io~1original",
            "/metadata/annotations/kopf.zalando.org~1last-handled-configuration",
            "/metadata/annotations/banzaicloud.com~1last-applied",
        ],
    ),
    ("apiserver.config.k8s.io", "EncryptionConfiguration", ENCRYPTION),
    ("", "EncryptionConfig", ENCRYPTION),
    (
        "",
        "Config",
        &[
            "/users/*/user/token",
            "/users/*/user/password",
            "/users/*/user/client-key-data",
            "/users/*/user/auth-provider/config/*",
            "/users/*/user/exec/env/*/value",
        ],
    ),
    ("kubeadm.k8s.io", "InitConfiguration", &["/bootstrapTokens/*/token", "/certificateKey"]),
    (
        "kubeadm.k8s.io",
        "JoinConfiguration",
        &["/discovery/bootstrapToken/token", "/discovery/tlsBootstrapToken", "/controlPlane/certificateKey"],
    ),
    ("authentication.k8s.io", "TokenReview", &["/spec/token"]),
    ("authentication.k8s.io", "TokenRequest", &["/status/token"]),
];

const ENCRYPTION: &[&str] = &["/resources/*/providers/*/*/keys/*/secret"];

/// How far a name means a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// any literal value under it is one
    Secret,
    /// as the last word of a name: the letters before it are no part of the word
    Word,
    /// fields of objects use it for names of Secrets, too: there the value has to look random
    Reference,
    /// as before, and settings do so as well
    SecretName,
    /// any value, whatever it looks like
    Whole,
    /// the value of an HTTP header
    Header,
    /// a URL that leads out of the cluster
    Url,
    /// the value has to look random
    Random,
}

/// Ends of names, without separators and in small letters.
pub(crate) const NAMES: &[(&str, Means)] = &[
    ("password", Means::Secret),
    ("passwords", Means::Secret),
    ("passwd", Means::Secret),
    ("passphrase", Means::Secret),
    ("passwort", Means::Secret),
    ("passwordbase64", Means::Secret),
    ("passwordplain", Means::Secret),
    ("pgpass", Means::Whole),
    ("netrc", Means::Whole),
    ("pwd", Means::Word),
    ("pass", Means::Word),
    ("passcode", Means::Word),
    ("psk", Means::Word),
    ("cred", Means::Word),
    ("pat", Means::Word),
    ("token", Means::Secret),
    ("tokens", Means::Secret),
    ("apikey", Means::Secret),
    ("apikeys", Means::Secret),
    ("apitoken", Means::Secret),
    ("privatekey", Means::Secret),
    ("clientsecret", Means::Secret),
    ("sharedsecret", Means::Secret),
    ("appsecret", Means::Secret),
    ("apisecret", Means::Secret),
    ("consumersecret", Means::Secret),
    ("jwtsecret", Means::Secret),
    ("cookiesecret", Means::Secret),
    ("sessionsecret", Means::Secret),
    ("hmacsecret", Means::Secret),
    ("oauthsecret", Means::Secret),
    ("authsecret", Means::Reference),
    ("secretkeybase", Means::Secret),
    ("secretaccesskey", Means::Secret),
    ("clientkeydata", Means::Secret),
    ("encryptionkey", Means::Reference),
    ("signingkey", Means::Reference),
    ("masterkey", Means::Reference),
    ("accountkey", Means::Reference),
    ("licensekey", Means::Reference),
    ("storagekey", Means::Reference),
    ("integrationkey", Means::Reference),
    ("routingkey", Means::Reference),
    ("servicekey", Means::Reference),
    ("hmackey", Means::Reference),
    ("restuserkey", Means::Secret),
    ("adminkey", Means::Reference),
    ("sharedkey", Means::Reference),
    ("sharedaccesskey", Means::Reference),
    ("authkey", Means::Reference),
    ("cookiekey", Means::Reference),
    ("sessionkey", Means::Reference),
    ("appkey", Means::Reference),
    ("applicationkey", Means::Reference),
    ("instrumentationkey", Means::Reference),
    ("ingestionkey", Means::Reference),
    ("joinkey", Means::Reference),
    ("deploykey", Means::Reference),
    ("passkey", Means::Reference),
    ("accesskey", Means::Reference),
    ("secretkey", Means::Reference),
    ("secret", Means::SecretName),
    ("secrets", Means::SecretName),
    ("secretid", Means::Random),
    ("credential", Means::SecretName),
    ("credentials", Means::SecretName),
    ("creds", Means::SecretName),
    ("erlangcookie", Means::Secret),
    ("sig", Means::Random),
    ("signature", Means::Random),
    ("sas", Means::Random),
    ("authorization", Means::Header),
    ("proxyauthorization", Means::Header),
    ("cookie", Means::Random),
    ("webhookurl", Means::Url),
    ("slackapiurl", Means::Url),
    ("userdata", Means::Whole),
    ("userdatabase64", Means::Whole),
    ("customdata", Means::Whole),
    ("cloudinit", Means::Whole),
    ("networkdata", Means::Whole),
    ("networkdatabase64", Means::Whole),
];

/// Words before `secret` and `credentials` that speak of an object which holds it.
pub(crate) const OBJECT_WORDS: &[&str] = &[
    "tls",
    "ca",
    "cert",
    "certs",
    "certificate",
    "ssl",
    "pull",
    "image",
    "imagepull",
    "registry",
    "existing",
    "target",
    "source",
    "kube",
    "k8s",
    "kubernetes",
    "keystore",
    "truststore",
    "auth",
    "in",
    "from",
    "the",
    "a",
];

/// What tokens consist of behind their prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chars {
    /// letters, digits, `-` and `_`
    Url,
    /// letters, digits, `-`, `_`, `.`, `+`, `/`, `=`
    Any,
    /// digits and small letters a to f
    Hex,
    /// digits and capital letters
    Upper,
}

/// Tokens by what their issuer puts in front: prefix, characters, how many of them at least.
pub(crate) const TOKENS: &[(&str, Chars, usize)] = &[
    ("ghp_", Chars::Url, 30),
    ("gho_", Chars::Url, 30),
    ("ghu_", Chars::Url, 30),
    ("ghs_", Chars::Url, 30),
    ("ghr_", Chars::Url, 30),
    ("github_pat_", Chars::Url, 22),
    ("glpat-", Chars::Url, 16),
    ("gldt-", Chars::Url, 16),
    ("glrt-", Chars::Url, 16),
    ("glptt-", Chars::Url, 16),
    ("glft-", Chars::Url, 16),
    ("glsoat-", Chars::Url, 16),
    ("glcbt-", Chars::Url, 16),
    ("glimt-", Chars::Url, 16),
    ("glagent-", Chars::Url, 16),
    ("gloas-", Chars::Url, 16),
    ("glffct-", Chars::Url, 16),
    ("GR1348941", Chars::Url, 16),
    ("xoxa-", Chars::Url, 10),
    ("xoxb-", Chars::Url, 10),
    ("xoxe-", Chars::Url, 10),
    ("xoxe.xox", Chars::Url, 10),
    ("xoxo-", Chars::Url, 10),
    ("xoxp-", Chars::Url, 10),
    ("xoxr-", Chars::Url, 10),
    ("xoxs-", Chars::Url, 10),
    ("xapp-", Chars::Url, 10),
    ("sk_live_", Chars::Url, 10),
    ("sk_test_", Chars::Url, 10),
    ("rk_live_", Chars::Url, 10),
    ("rk_test_", Chars::Url, 10),
    ("whsec_", Chars::Any, 16),
    ("npm_", Chars::Url, 30),
    ("_authToken", Chars::Any, 10),
    ("pypi-AgE", Chars::Url, 30),
    ("SG.", Chars::Any, 30),
    ("xkeysib-", Chars::Url, 30),
    ("xsmtpsib-", Chars::Url, 30),
    ("sq0csp-", Chars::Url, 20),
    ("sq0atp-", Chars::Url, 20),
    ("shpat_", Chars::Hex, 30),
    ("shpca_", Chars::Hex, 30),
    ("shppa_", Chars::Hex, 30),
    ("shpss_", Chars::Hex, 30),
    ("dop_v1_", Chars::Hex, 30),
    ("doo_v1_", Chars::Hex, 30),
    ("dor_v1_", Chars::Hex, 30),
    ("hvs.", Chars::Url, 20),
    ("hvb.", Chars::Url, 20),
    ("hvr.", Chars::Url, 20),
    ("AGE-SECRET-KEY-1", Chars::Upper, 40),
    ("ATATT3x", Chars::Any, 30),
    ("ATCTT3x", Chars::Any, 30),
    ("ATBB", Chars::Any, 30),
    ("lin_api_", Chars::Url, 30),
    ("glc_", Chars::Any, 30),
    ("glsa_", Chars::Url, 30),
    ("dckr_pat_", Chars::Url, 20),
    ("dckr_oat_", Chars::Url, 20),
    ("tskey-", Chars::Url, 16),
    ("PMAK-", Chars::Url, 30),
    ("pscale_tkn_", Chars::Any, 30),
    ("pscale_pw_", Chars::Any, 30),
    ("sntrys_", Chars::Any, 30),
    ("sntryu_", Chars::Hex, 30),
    ("NRAK-", Chars::Upper, 20),
    ("NRII-", Chars::Url, 20),
    ("dt0c01.", Chars::Any, 30),
    ("dt0s01.", Chars::Any, 30),
    ("rubygems_", Chars::Hex, 30),
    ("hf_", Chars::Url, 30),
    ("sk-ant-", Chars::Url, 20),
    ("sk-proj-", Chars::Url, 20),
    ("sk-svcacct-", Chars::Url, 20),
    ("T3BlbkFJ", Chars::Url, 16),
    ("gsk_", Chars::Url, 40),
    ("nvapi-", Chars::Url, 40),
    ("dapi", Chars::Hex, 32),
    ("lsv2_pt_", Chars::Url, 20),
    ("pul-", Chars::Hex, 40),
    ("CFPAT-", Chars::Url, 30),
    ("figd_", Chars::Url, 30),
    ("dp.pt.", Chars::Url, 30),
    ("dp.st.", Chars::Any, 30),
    ("dp.ct.", Chars::Any, 30),
    ("FlyV1 ", Chars::Any, 30),
    ("HRKU-", Chars::Url, 30),
    ("AIza", Chars::Url, 33),
    ("ya29.", Chars::Any, 20),
    ("GOCSPX-", Chars::Url, 20),
    ("AKIA", Chars::Upper, 16),
    ("ASIA", Chars::Upper, 16),
    ("ABIA", Chars::Upper, 16),
    ("ACCA", Chars::Upper, 16),
    ("A3T", Chars::Upper, 17),
    ("LTAI", Chars::Url, 16),
    ("AKCp", Chars::Url, 50),
    ("cmVmdGtu", Chars::Url, 40),
    ("key-", Chars::Hex, 32),
    ("SK", Chars::Hex, 32),
    ("AC", Chars::Hex, 32),
    ("AccountKey=", Chars::Any, 20),
    ("SharedAccessKey=", Chars::Any, 20),
    ("SharedAccessSignature", Chars::Any, 0),
    ("eyJrIjoi", Chars::Any, 20),
    ("ops_eyJ", Chars::Any, 40),
    ("sbp_", Chars::Hex, 36),
    ("ctp_", Chars::Url, 40),
    ("snyk_uat.", Chars::Any, 20),
];

/// URLs that let everybody in who knows them; something of eight characters or more follows.
pub(crate) const WEBHOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "webhook.office.com/",
    "outlook.office.com/webhook",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "api.telegram.org/bot",
    "alert.victorops.com/integrations/",
    "events.pagerduty.com/integration/",
    "hooks.zapier.com/hooks/",
    "open.feishu.cn/open-apis/bot/",
    "qyapi.weixin.qq.com/cgi-bin/webhook/",
    "oapi.dingtalk.com/robot/send?",
    "chat.googleapis.com/v1/spaces/",
    "hc-ping.com/",
    "nosnch.in/",
    "logic.azure.com/workflows/",
    "logic.azure.com:443/workflows/",
    "hooks.chime.aws/incomingwebhooks/",
];

/// How an option of a tool gives it a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// the word after it
    Next,
    /// the rest of the same word
    Joined,
    /// the word after it, or the rest of the same word, where a colon or a percent sign parts name and password
    Pair,
    /// every word after it
    Rest,
}

/// Tools with the options whose short names say nothing to others. A second word has to be there, too.
pub(crate) const TOOLS: &[(&str, &[(&str, Form)])] = &[
    ("mysql", &[("-p", Form::Joined)]),
    ("mysqldump", &[("-p", Form::Joined)]),
    ("mysqladmin", &[("-p", Form::Joined)]),
    ("mariadb", &[("-p", Form::Joined)]),
    ("mariadb-dump", &[("-p", Form::Joined)]),
    ("redis-cli", &[("-a", Form::Next), ("--pass", Form::Next)]),
    ("valkey-cli", &[("-a", Form::Next), ("--pass", Form::Next)]),
    ("sshpass", &[("-p", Form::Next), ("-p", Form::Joined)]),
    ("curl", &[("-u", Form::Pair), ("--user", Form::Pair), ("-U", Form::Pair)]),
    ("docker login", &[("-p", Form::Next)]),
    ("podman login", &[("-p", Form::Next)]),
    ("buildah", &[("--creds", Form::Pair)]),
    ("skopeo", &[("--creds", Form::Pair), ("--src-creds", Form::Pair), ("--dest-creds", Form::Pair)]),
    ("helm login", &[("-p", Form::Next)]),
    ("oc login", &[("-p", Form::Next)]),
    ("az login", &[("-p", Form::Next)]),
    ("mongo", &[("-p", Form::Next)]),
    ("mongosh", &[("-p", Form::Next)]),
    ("mongodump", &[("-p", Form::Next)]),
    ("mongorestore", &[("-p", Form::Next)]),
    ("ldapsearch", &[("-w", Form::Next)]),
    ("ldapadd", &[("-w", Form::Next)]),
    ("ldapmodify", &[("-w", Form::Next)]),
    ("sqlcmd", &[("-P", Form::Next), ("-P", Form::Joined)]),
    ("bcp", &[("-P", Form::Next)]),
    ("smbclient", &[("-U", Form::Pair)]),
    ("etcdctl", &[("--user", Form::Pair)]),
    (
        "openssl",
        &[("-passin", Form::Pair), ("-passout", Form::Pair), ("-pass", Form::Pair), ("-K", Form::Next)],
    ),
    (
        "htpasswd",
        &[
            ("-b", Form::Rest),
            ("-bn", Form::Rest),
            ("-nb", Form::Rest),
            ("-bc", Form::Rest),
            ("-cb", Form::Rest),
            ("-nbB", Form::Rest),
            ("-Bbn", Form::Rest),
            ("-nbm", Form::Rest),
        ],
    ),
    ("influx", &[("-password", Form::Next), ("-p", Form::Next), ("-t", Form::Next)]),
    ("zip", &[("-P", Form::Next)]),
    ("unzip", &[("-P", Form::Next)]),
    ("7z", &[("-p", Form::Joined)]),
    ("vault login", &[("login", Form::Next)]),
    ("argocd", &[("--auth-token", Form::Next)]),
    ("rabbitmqctl", &[("add_user", Form::Rest), ("change_password", Form::Rest)]),
    ("rclone", &[("obscure", Form::Next)]),
    ("nats", &[("--creds", Form::Next)]),
    ("clickhouse-client", &[("--password", Form::Next)]),
    ("mc alias", &[("set", Form::Rest)]),
];

/// The list as data for a catalogue release.
pub fn to_json() -> Json<'static> {
    let texts = |texts: &[&'static str]| Json::Arr(texts.iter().map(|text| Json::str(*text)).collect());
    let rule = |(code, finds): &(&'static str, &'static str)| {
        Json::object([("code", Json::str(*code)), ("finds", Json::str(*finds))])
    };
    let place = |(group, kind, at): &(&'static str, &'static str, &[&'static str])| {
        Json::object([("group", Json::str(*group)), ("kind", Json::str(*kind)), ("at", texts(at))])
    };
    let name = |(end, means): &(&'static str, Means)| {
        Json::object([("end", Json::str(*end)), ("means", Json::str(format!("{means:?}").to_lowercase()))])
    };
    let token = |(prefix, chars, count): &(&'static str, Chars, usize)| {
        Json::object([
            ("prefix", Json::str(*prefix)),
            ("chars", Json::str(format!("{chars:?}").to_lowercase())),
            ("count_min", Json::Int(*count as i64)),
        ])
    };
    let tool = |(tool, options): &(&'static str, &[(&'static str, Form)])| {
        let option = |(option, form): &(&'static str, Form)| {
            Json::object([
                ("option", Json::str(*option)),
                ("form", Json::str(format!("{form:?}").to_lowercase())),
            ])
        };
        Json::object([
            ("tool", Json::str(*tool)),
            ("options", Json::Arr(options.iter().map(option).collect())),
        ])
    };
    Json::object([
        ("format", Json::str(FORMAT)),
        ("rules", Json::Arr(RULES.iter().map(rule).collect())),
        ("places", Json::Arr(PLACES.iter().map(place).collect())),
        ("names", Json::Arr(NAMES.iter().map(name).collect())),
        ("object_words", texts(OBJECT_WORDS)),
        ("tokens", Json::Arr(TOKENS.iter().map(token).collect())),
        ("webhooks", texts(WEBHOOKS)),
        ("tools", Json::Arr(TOOLS.iter().map(tool).collect())),
    ])
}
