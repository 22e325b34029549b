//! Secrets of every kind with a place for each, put together at run time: no scanner takes this file for a leak.

use serde_json::{Value, json};

/// One planted secret.
pub struct Plant {
    pub kind: &'static str,
    /// what must not be found again
    pub secret: String,
    /// the object that holds it
    pub object: Value,
}

/// A sequence that a seed decides (SplitMix64).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn of(&mut self, letters: &str, count: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..count).map(|_| letters[(self.next() % letters.len() as u64) as usize]).collect()
    }

    /// Letters and digits, with each of the three classes.
    fn mixed(&mut self, count: usize) -> String {
        format!("q7X{}", self.of("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", count - 3))
    }

    fn hex(&mut self, count: usize) -> String {
        self.of("0123456789abcdef", count)
    }
}

/// Base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, b| sum << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { letter as char } else { '=' });
        }
    }
    out
}

fn object(api: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut out =
        json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "payments"}});
    for (key, value) in rest.as_object().unwrap() {
        match (key.as_str(), value) {
            ("metadata", Value::Object(more)) => {
                more.iter().for_each(|(k, v)| out["metadata"][k] = v.clone());
            }
            _ => out[key] = value.clone(),
        }
    }
    out
}

fn config(name: &str, file: &str, content: String) -> Value {
    object("v1", "ConfigMap", name, json!({"data": {file: content}}))
}

fn container(name: &str, container: Value) -> Value {
    let mut container = container;
    container["name"] = "c".into();
    container["image"] =
        "registry.example/app@sha256:0000000000000000000000000000000000000000000000000000000000000000".into();
    object("v1", "Pod", name, json!({"spec": {"containers": [container]}}))
}

fn pem(kind: &str, body: &str) -> String {
    format!("-----{} {kind}{} KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n", "BEGIN", "PRIVATE")
}

/// All plants of one seed. Kinds are unique.
pub fn plants(seed: u64) -> Vec<Plant> {
    let mut random = Random(seed);
    let mut out: Vec<Plant> = Vec::new();
    let mut add = |kind: &'static str, secret: String, make: &dyn Fn(&str, &str) -> Value| {
        let name = format!("plant-{}", out.len());
        let object = make(&name, &secret);
        out.push(Plant { kind, secret, object });
    };
    let r = &mut random;

    // Where Kubernetes keeps them.
    add("Secret, data", r.mixed(24), &|n, s| {
        object("v1", "Secret", n, json!({"data": {"x": base64(s.as_bytes())}}))
    });
    add("Secret, stringData", r.mixed(24), &|n, s| {
        object("v1", "Secret", n, json!({"stringData": {"x": s}}))
    });
    add("last applied", r.mixed(24), &|n, s| {
        let applied = json!({"kind": "Secret", "stringData": {"x": s}}).to_string();
        object(
            "v1",
            "Secret",
            n,
            json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}}),
        )
    });
    add("kapp's copy", r.mixed(24), &|n, s| {
        object(
            "v1",
            "Secret",
            n,
            json!({"metadata": {"annotations": {"kapp.k14s.io/original": format!("{{\"data\":{{\"x\":\"{s}\"}}}}")}}}),
        )
    });
    add("EncryptionConfiguration", base64(r.mixed(32).as_bytes()), &|_, s| {
        json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": [{"aescbc": {"keys": [{"name": "k", "secret": s}]}}]}]})
    });
    add(
        "kubeconfig",
        r.mixed(30),
        &|_, s| json!({"apiVersion": "v1", "kind": "Config", "metadata": {"name": "kc"}, "users": [{"name": "u", "user": {"token": s}}]}),
    );
    add("kubeconfig in a text", base64(r.mixed(60).as_bytes()), &|n, s| {
        config(
            n,
            "config",
            format!("apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    client-key-data: {s}\n"),
        )
    });
    add(
        "kubeadm",
        format!("abc1d2.{}", r.of("a1b2c3d4e5f6", 16)),
        &|_, s| json!({"apiVersion": "kubeadm.k8s.io/v1beta3", "kind": "InitConfiguration", "metadata": {"name": "i"}, "bootstrapTokens": [{"token": s}]}),
    );
    add("bootstrap token", format!("z9y8x7.{}", r.of("1a2b3c4d", 16)), &|n, s| {
        object("v1", "ConfigMap", n, json!({"metadata": {"annotations": {"example.test/join": s}}}))
    });
    add("Helm release", base64(r.mixed(60).as_bytes()), &|_, s| {
        object("v1", "ConfigMap", "sh.helm.release.v1.api.v3", json!({"data": {"release": s}}))
    });
    add("Argo CD repository", r.mixed(24), &|n, s| {
        object(
            "v1",
            "Secret",
            n,
            json!({"metadata": {"labels": {"argocd.argoproj.io/secret-type": "repository"}}, "stringData": {"url": "https://git.example/x", "password": s}}),
        )
    });
    add("Argo CD cluster", r.mixed(24), &|n, s| {
        object(
            "v1",
            "Secret",
            n,
            json!({"metadata": {"labels": {"argocd.argoproj.io/secret-type": "cluster"}}, "stringData": {"config": format!("{{\"bearerToken\":\"{s}\"}}")}}),
        )
    });
    add("Argo CD parameter", r.mixed(20), &|n, s| {
        object(
            "argoproj.io/v1alpha1",
            "Application",
            n,
            json!({"spec": {"source": {"helm": {"parameters": [{"name": "db.password", "value": s}]}}}}),
        )
    });
    add("Argo CD values", r.mixed(20), &|n, s| {
        object(
            "argoproj.io/v1alpha1",
            "Application",
            n,
            json!({"spec": {"source": {"helm": {"values": format!("grafana:\n  adminPassword: {s}\n")}}}}),
        )
    });

    // Containers.
    add("variable", r.mixed(12), &|n, s| container(n, json!({"env": [{"name": "DB_PASSWORD", "value": s}]})));
    add("variable with a default", r.mixed(12), &|n, s| {
        container(n, json!({"env": [{"name": "SPRING_PASSWORD", "value": format!("${{PW:{s}}}")}]}))
    });
    add("connection in a variable", r.mixed(12), &|n, s| {
        container(
            n,
            json!({"env": [{"name": "DB", "value": format!("postgres://app:{s}@db:5432/x?sslmode=require")}]}),
        )
    });
    add("option", r.mixed(12), &|n, s| container(n, json!({"args": [format!("--db-password={s}")]})));
    add("option in two words", r.mixed(12), &|n, s| {
        container(n, json!({"command": ["app", "--api-key"], "args": [s]}))
    });
    add("option of a tool", r.mixed(12), &|n, s| {
        container(n, json!({"command": ["redis-cli"], "args": ["-a", s, "ping"]}))
    });
    add("script", r.mixed(12), &|n, s| {
        container(
            n,
            json!({"command": ["sh", "-c", format!("until mysql -uroot -p{s} -e 'select 1'; do sleep 1; done")]}),
        )
    });
    add("curl in a probe", r.mixed(12), &|n, s| {
        container(
            n,
            json!({"livenessProbe": {"exec": {"command": ["curl", "-fs", "-u", format!("probe:{s}"), "http://localhost/x"]}}}),
        )
    });
    add("header of a probe", r.mixed(18), &|n, s| {
        let basic = base64(format!("probe:{s}").as_bytes());
        container(
            n,
            json!({"livenessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "Authorization", "value": format!("Basic {basic}")}]}}}),
        )
    });
    add("hook", r.mixed(12), &|n, s| {
        container(
            n,
            json!({"lifecycle": {"postStart": {"exec": {"command": ["sh", "-c", format!("sshpass -p {s} ssh x")]}}}}),
        )
    });

    // Files inside of values.
    add(".env", r.mixed(12), &|n, s| config(n, ".env", format!("DB_HOST=db\nDB_PASS={s}\nX=1\n")));
    add("properties", r.mixed(12), &|n, s| {
        config(n, "application.properties", format!("server.port=8080\nspring.datasource.password = {s}\n"))
    });
    add("ini", r.mixed(12), &|n, s| {
        config(n, "grafana.ini", format!("[security]\nadmin_user = admin\nadmin_password = {s}\n"))
    });
    add("YAML", r.mixed(12), &|n, s| {
        config(n, "app.yaml", format!("db:\n  host: db\n  password: \"{s}\"\n"))
    });
    add("YAML block", r.mixed(12), &|n, s| config(n, "app.yaml", format!("db:\n  password: |-\n    {s}\n")));
    add("JSON", r.mixed(12), &|n, s| config(n, "app.json", json!({"db": {"clientSecret": s}}).to_string()));
    add("JSON in JSON", r.mixed(12), &|n, s| {
        config(n, "app.json", json!({"inner": json!({"apiKey": s}).to_string()}).to_string())
    });
    add("TOML", r.mixed(12), &|n, s| config(n, "config.toml", format!("[auth]\nsecret_key = '{s}'\n")));
    add("XML", r.mixed(12), &|n, s| {
        config(n, "settings.xml", format!("<server><id>x</id><password>{s}</password></server>"))
    });
    add("SQL", r.mixed(12), &|n, s| config(n, "init.sql", format!("CREATE USER app IDENTIFIED BY '{s}';\n")));
    add(".netrc", r.mixed(12), &|n, s| {
        config(n, "rc", format!("machine git.example login me password {s}\n"))
    });
    add(".npmrc", r.mixed(24), &|n, s| config(n, "rc", format!("//registry.example/:_authToken={s}\n")));
    add(".git-credentials", r.mixed(14), &|n, s| config(n, "gc", format!("https://me:{s}@git.example\n")));
    add("ODBC", r.mixed(14), &|n, s| {
        config(n, "cs", format!("Server=db;Database=x;User Id=sa;Password={s};Encrypt=true"))
    });
    add("manifest of a Secret", base64(r.mixed(15).as_bytes()), &|n, s| {
        config(n, "m", format!("apiVersion: v1\nkind: Secret\ndata:\n  field: {s}\n"))
    });
    add("manifest with a variable", r.mixed(12), &|n, s| {
        config(n, "m", format!("env:\n- name: API_TOKEN\n  value: {s}\n"))
    });
    add("base64 of .env", r.mixed(12), &|n, s| {
        object(
            "v1",
            "ConfigMap",
            n,
            json!({"binaryData": {"x": base64(format!("A=1\nDB_PASSWORD={s}\n").as_bytes())}}),
        )
    });
    add("base64 in base64", r.mixed(12), &|n, s| {
        config(n, "x", base64(base64(format!("password={s}\n").as_bytes()).as_bytes()))
    });
    add("percent signs", r.mixed(12), &|n, s| {
        config(n, "x", format!("https://x.example/r?next=%2Fa%3Fpassword%3D{s}"))
    });
    add("password with odd characters", format!("{}\"\\ö%&<'", r.mixed(10)), &|n, s| {
        object("v1", "ConfigMap", n, json!({"data": {"password": s}}))
    });
    add("number", format!("9{}", r.of("0123456789", 14)), &|n, s| {
        object("example.test/v1", "Widget", n, json!({"spec": {"password": s.parse::<i64>().unwrap()}}))
    });

    // Shapes.
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let label = ["PEM", "RSA key", "EC key", "OpenSSH key", "encrypted key"]
            [["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "].iter().position(|k| *k == kind).unwrap()];
        add(label, r.mixed(64), &|n, s| config(n, "id", format!("# key of x\n{}# end\n", pem(kind, s))));
    }
    add("key in base64", r.mixed(64), &|n, s| {
        object(
            "v1",
            "ConfigMap",
            n,
            json!({"metadata": {"annotations": {"example.test/x": base64(pem("EC ", s).as_bytes())}}}),
        )
    });
    add("JWT", format!("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{}", r.mixed(43)), &|n, s| {
        object("v1", "ConfigMap", n, json!({"metadata": {"annotations": {"example.test/x": s}}}))
    });
    add("bearer", r.mixed(32), &|n, s| config(n, "x", format!("Authorization: Bearer {s}\n")));
    for (kind, prefix, count) in [
        ("GitHub", "ghp_", 36),
        ("GitLab", "glpat-", 20),
        ("Slack", "xoxb-", 40),
        ("Stripe", "sk_live_", 24),
        ("npm", "npm_", 36),
        ("PyPI", "pypi-AgEIcHlwaS5vcmc", 60),
        ("Vault", "hvs.", 40),
        ("Docker Hub", "dckr_pat_", 27),
        ("Grafana", "glsa_", 40),
        ("OpenAI", "sk-proj-", 48),
        ("Google", "AIza", 35),
        ("Hugging Face", "hf_", 34),
    ] {
        add(kind, format!("{prefix}{}", r.mixed(count)), &|n, s| {
            object(
                "example.test/v1",
                "Widget",
                n,
                json!({"spec": {"list": [{"x1": format!("see {s} there")}]}}),
            )
        });
    }
    add("SendGrid", format!("SG.{}.{}", r.mixed(22), r.mixed(43)), &|n, s| config(n, "x", s.to_string()));
    add("Twilio", format!("SK{}", r.hex(32)), &|n, s| config(n, "x", s.to_string()));
    add("Mailchimp", format!("{}-us12", r.hex(32)), &|n, s| config(n, "x", s.to_string()));
    add("Telegram", format!("123456789:AA{}", r.mixed(33)), &|n, s| config(n, "x", s.to_string()));
    add("AWS", format!("{}{}", "AKIA", r.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)), &|n, s| {
        config(n, "x", format!("id {s}"))
    });
    add("AWS secret", r.mixed(40), &|n, s| {
        config(n, "credentials", format!("[default]\naws_secret_access_key = {s}\n"))
    });
    add("service account of Google", r.mixed(64), &|n, s| {
        config(n, "sa.json", json!({"type": "service_account", "private_key": pem("", s)}).to_string())
    });
    add("storage key of Azure", base64(r.mixed(64).as_bytes()), &|n, s| {
        config(
            n,
            "x",
            format!(
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={s};EndpointSuffix=core.windows.net"
            ),
        )
    });
    add("signature of Azure", r.mixed(43), &|n, s| {
        config(
            n,
            "x",
            format!("https://a.blob.core.windows.net/c?sv=2022-11-02&se=2030-01-01&sr=c&sp=rl&sig={s}%3D"),
        )
    });
    add("age", format!("AGE-SECRET-KEY-1{}", r.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)), &|n, s| {
        config(n, "x", s.to_string())
    });

    // Elsewhere.
    add("registry", base64(format!("me:{}", r.mixed(12)).as_bytes()), &|n, s| {
        config(n, "config.json", json!({"auths": {"registry.example": {"auth": s}}}).to_string())
    });
    add("webhook of Slack", format!("T0{}/B0{}/{}", r.hex(8), r.hex(8), r.mixed(24)), &|n, s| {
        config(
            n,
            "alertmanager.yaml",
            format!("receivers:\n- slack_configs:\n  - api_url: https://hooks.slack.com/services/{s}\n"),
        )
    });
    add("webhook of Teams", r.mixed(30), &|n, s| {
        object(
            "monitoring.coreos.com/v1alpha1",
            "AlertmanagerConfig",
            n,
            json!({"spec": {"receivers": [{"webhookConfigs": [{"url": format!("https://x.webhook.office.com/webhookb2/{s}")}]}]}}),
        )
    });
    add("key of PagerDuty", r.hex(32), &|n, s| {
        config(n, "alertmanager.yaml", format!("receivers:\n- pagerduty_configs:\n  - routing_key: {s}\n"))
    });
    add("hash", format!("$2y$10${}", r.mixed(53)), &|n, s| config(n, "auth", format!("admin:{s}\n")));
    add("shadow", format!("$6${}${}", r.mixed(12), r.mixed(86)), &|n, s| {
        config(n, "x", format!("users:\n- name: a\n  hash: {s}\n"))
    });
    add("cloud-init", r.mixed(12), &|n, s| {
        object(
            "kubevirt.io/v1",
            "VirtualMachine",
            n,
            json!({"spec": {"template": {"spec": {"volumes": [{"cloudInitNoCloud": {"userData": format!("#cloud-config\nchpasswd:\n  list: |\n    root:{s}\n")}}]}}}}),
        )
    });
    add("user data", r.mixed(12), &|n, s| {
        object(
            "karpenter.k8s.aws/v1",
            "EC2NodeClass",
            n,
            json!({"spec": {"userData": format!("#!/bin/sh\nx {s}\n")}}),
        )
    });
    add("volume attribute", r.mixed(20), &|n, s| {
        object(
            "v1",
            "PersistentVolume",
            n,
            json!({"spec": {"csi": {"driver": "x", "volumeAttributes": {"accountKey": s}}}}),
        )
    });
    add("parameter of a class", r.mixed(20), &|n, s| {
        object(
            "storage.k8s.io/v1",
            "StorageClass",
            n,
            json!({"provisioner": "x", "parameters": {"restuserkey": s}}),
        )
    });
    add("URL of a webhook", r.mixed(14), &|n, s| {
        object(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            n,
            json!({"webhooks": [{"name": "a.b.c", "clientConfig": {"url": format!("https://me:{s}@hook.example/x")}}]}),
        )
    });
    add("basic authentication", r.mixed(14), &|n, s| {
        object(
            "example.test/v1",
            "Widget",
            n,
            json!({"spec": {"basicAuth": {"username": "me", "password": s}}}),
        )
    });
    add("under another name", r.mixed(14), &|n, s| {
        object("example.test/v1", "Widget", n, json!({"spec": {"password": {"value": s}}}))
    });
    add("description", format!("ghu_{}", r.mixed(36)), &|n, s| {
        object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            n,
            json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": {"description": format!("use {s}")}}}]}}),
        )
    });
    add("label", format!("glpat-{}", r.mixed(20)), &|n, s| {
        object("v1", "ConfigMap", n, json!({"metadata": {"labels": {"x": s}}}))
    });
    add("name of a member", format!("xoxp-{}", r.mixed(30)), &|n, s| {
        object("v1", "ConfigMap", n, json!({"data": {s: "1"}}))
    });
    add("status", r.mixed(24), &|n, s| {
        object("example.test/v1", "Widget", n, json!({"status": {"url": format!("redis://:{s}@cache:6379")}}))
    });
    add("last state", r.mixed(24), &|n, s| {
        object(
            "v1",
            "Pod",
            n,
            json!({"spec": {"containers": []}, "status": {"message": format!("cannot connect to amqp://app:{s}@mq")}}),
        )
    });
    out
}
