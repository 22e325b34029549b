//! Goal: whatever kubectl accepts gets in, and each login is the one that the server saw (bar 6).

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nachweis_collect::live::Event;
use nachweis_model::seal::CollectionStatus;
use nachweis_testkit::changed;
use nachweis_testkit::cluster::{Api, CLIENT, Cluster, Issuer, Login, Options, REFRESH, SECRET, assets};
use serde_json::{Value, json};

use super::help::{config_maps, grant, settings, settled, take, take_with};

#[test]
fn certificate_token_plugin_proxy_authority_and_impersonation() {
    let Some(assets) = assets() else { return };
    let options = Options { audit: true, ..Options::default() };
    let cluster = Cluster::start(&assets, options.user("good-token", "reader", ""));
    grant(&cluster, "reader", &json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]));
    let seen = |name: &str| {
        let lists = cluster.audit();
        lists.iter().any(|event| {
            let user = event.get("impersonatedUser").unwrap_or(&event["user"]);
            user["username"] == name
                && event["verb"] == "list"
                && event["objectRef"]["resource"] == "configmaps"
        })
    };

    // Client certificate.
    let guest = cluster.authority().client("guest", Some("system:masters"));
    let all = take(&settings(cluster.kubeconfig(&Login::Certificate(guest))));
    assert!(all.open().is_empty() && seen("guest"));

    // Token: sees one kind, and the rest is denied by name.
    let reader = cluster.kubeconfig(&Login::Token("good-token".into()));
    let part = take(&settings(reader));
    assert!(seen("reader"));
    assert!(part.denied.contains(&"pods".to_string()) && !part.denied.contains(&"configmaps".to_string()));
    assert_eq!(part.open().len(), part.denied.len());

    // Token file.
    let file = cluster.home().join("token");
    std::fs::write(&file, "good-token\n").unwrap();
    let by_file = cluster.kubeconfig_with(&json!({}), &json!({"tokenFile": file}));
    assert_eq!(take(&settings(by_file)).denied, part.denied);

    // Exec plugin.
    let plugin = cluster.home().join("plugin.sh");
    let answer = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                        "status": {"token": "good-token"}});
    std::fs::write(&plugin, format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")).unwrap();
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
                               "args": [plugin], "interactiveMode": "Never"}});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&json!({}), &exec))).denied, part.denied);

    // A plugin that never answers ends with the deadline.
    let hangs = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep",
                                "args": ["1000"], "interactiveMode": "Never"}});
    let mut short = settings(cluster.kubeconfig_with(&json!({}), &hangs));
    short.deadline = std::time::Duration::from_secs(2);
    let began = std::time::Instant::now();
    let error = take_with(&short, &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "collection-interrupted");
    assert!(began.elapsed().as_secs() < 20);

    // HTTP proxy of the kubeconfig, though the server is on this machine.
    let tunnels = Arc::new(AtomicU32::new(0));
    let port = connect_proxy(Arc::clone(&tunnels));
    let proxied = json!({"proxy-url": format!("http://127.0.0.1:{port}")});
    let token = json!({"token": "good-token"});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&proxied, &token))).denied, part.denied);
    assert!(tunnels.load(Ordering::Relaxed) > 0);

    // Impersonation by flag and by kubeconfig.
    let mut as_reader = settings(cluster.kubeconfig(&cluster.admin_login()));
    as_reader.as_user = Some("reader".into());
    as_reader.as_groups = vec!["system:authenticated".into()];
    assert_eq!(take(&as_reader).denied, part.denied);

    // The authority of the kubeconfig decides: as a file it is found, without it nothing is trusted.
    let authority = cluster.home().join("ca.crt");
    let by_path = json!({"certificate-authority-data": Value::Null, "certificate-authority": authority});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&by_path, &token))).denied, part.denied);
    let none = json!({"certificate-authority-data": Value::Null});
    let error = take_with(&settings(cluster.kubeconfig_with(&none, &token)), &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "cluster-unreachable", "{error}");
    assert!(error.message.contains("certificate"), "{error}");

    // A wrong token is told as such.
    let wrong = settings(cluster.kubeconfig(&Login::Token("wrong".into())));
    assert_eq!(take_with(&wrong, &mut |_| {}).err().unwrap().code, "cluster-refused");
}

/// A kubeconfig user that logs in with an issuer, as kubectl's `auth-provider` keeps it.
fn oidc(issuer: &Issuer, more: &Value) -> Value {
    let mut config = json!({
        "idp-issuer-url": issuer.url(), "client-id": CLIENT, "client-secret": SECRET, "refresh-token": REFRESH,
        "id-token": issuer.expired("issued"), "idp-certificate-authority-data": base64(issuer.authority()),
    });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({"auth-provider": {"name": "oidc", "config": config}})
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

#[test]
fn tokens_of_an_issuer_are_refreshed() {
    let Some(assets) = assets() else { return };
    // Tokens that live for 12 seconds, of which 10 are kept to spare: the collection needs several.
    let issuer = Issuer::start("issued", 12);
    let home = tempfile::tempdir().unwrap();
    let authority = home.path().join("issuer.crt");
    std::fs::write(&authority, issuer.authority()).unwrap();
    let mut options = Options { audit: true, ..Options::default() };
    options.flags = issuer.flags(authority.to_str().unwrap());
    let mut cluster = Cluster::start(&assets, options);
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]);
    grant(&cluster, "issued", &rules);
    // The API server reads the issuer's keys after it has become ready.
    let good = issuer.good("issued");
    let (url, pem) = (cluster.url(), cluster.authority().pem().to_string());
    cluster.wait("the issuer's keys", |_| {
        Api::new(&url, &pem, &Login::Token(good.clone())).get("/api/v1/configmaps").good()
    });

    let refreshed = take(&settings(cluster.kubeconfig_with(&json!({}), &oidc(&issuer, &json!({})))));
    assert_eq!(refreshed.row("configmaps").status, CollectionStatus::Complete);
    assert!(refreshed.denied.contains(&"pods".to_string()));
    assert!(issuer.refreshed() >= 1);
    let lists = cluster.audit();
    assert!(lists.iter().any(|event| event["user"]["username"] == "issued" && event["verb"] == "list"));

    // The authority as a file, and no ID token at all.
    let file = json!({"idp-certificate-authority-data": null, "idp-certificate-authority": authority, "id-token": null});
    let by_file = take(&settings(cluster.kubeconfig_with(&json!({}), &oidc(&issuer, &file))));
    assert_eq!(by_file.denied, refreshed.denied);

    // A token that is good is used, and nobody asks the issuer.
    let before = issuer.refreshed();
    let fresh = json!({"id-token": good, "refresh-token": null});
    assert_eq!(
        take(&settings(cluster.kubeconfig_with(&json!({}), &oidc(&issuer, &fresh)))).denied,
        refreshed.denied
    );
    assert_eq!(issuer.refreshed(), before);

    // What an issuer refuses, and an issuer that nobody vouches for, are told as such.
    for (more, words) in [
        (
            json!({"refresh-token": "used-up"}),
            "refuses the refresh token: 400 Bad Request: {\"error\":\"invalid_grant\"}",
        ),
        (json!({"idp-certificate-authority-data": null}), "certificate"),
        (json!({"refresh-token": null}), "no `refresh-token`"),
    ] {
        let wrong = settings(cluster.kubeconfig_with(&json!({}), &oidc(&issuer, &more)));
        let error = take_with(&wrong, &mut |_| {}).err().unwrap();
        assert_eq!(error.code, "credentials-unusable", "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn a_token_file_is_rotated_in_the_middle_of_a_list() {
    let Some(assets) = assets() else { return };
    let options = Options { audit: true, ..Options::default() };
    let mut cluster = Cluster::start(&assets, options.user("first", "one", "system:masters"));
    config_maps(&cluster, "map", 400, 100);
    let file = cluster.home().join("rotated");
    std::fs::write(&file, "first\n").unwrap();
    let mut slow = settings(cluster.kubeconfig_with(&json!({}), &json!({"tokenFile": file})));
    (slow.page, slow.concurrency) = (50, 1);
    let mut rotated = false;
    let taken = take_with(&slow, &mut |event| {
        if let Event::Page { listing, .. } = event
            && listing.plural == "configmaps"
            && !rotated
        {
            rotated = true;
            // The file has the new token before the server forgets the old one.
            std::fs::write(&file, "second\n").unwrap();
            std::fs::write(cluster.home().join("users.csv"), "second,two,uid-2,\"system:masters\"\n")
                .unwrap();
            cluster.restart_api_server();
        }
    })
    .unwrap();
    assert!(rotated && taken.open().is_empty(), "{:?}", taken.open());
    let users: BTreeSet<String> = cluster
        .audit()
        .iter()
        .filter(|event| event["objectRef"]["resource"] == "configmaps" && event["verb"] == "list")
        // A request that was refused has no user.
        .filter_map(|event| event["user"]["username"].as_str().map(str::to_string))
        .collect();
    assert!(users.contains("one") && users.contains("two"), "{users:?}");
}

#[test]
fn through_a_socks_proxy() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, Options { audit: true, ..Options::default() });
    let plain = settled(&settings(cluster.kubeconfig(&cluster.admin_login())));
    let user = std::fs::read(cluster.kubeconfig(&cluster.admin_login())).unwrap();
    let user = serde_json::from_slice::<Value>(&user).unwrap()["users"][0]["user"].take();
    for scheme in ["socks5", "socks5h"] {
        let tunnels = Arc::new(AtomicU32::new(0));
        let port = socks_proxy(Arc::clone(&tunnels));
        let way = json!({"proxy-url": format!("{scheme}://127.0.0.1:{port}")});
        let taken = take(&settings(cluster.kubeconfig_with(&way, &user)));
        assert!(taken.open().is_empty(), "{:?}", taken.open());
        assert_eq!(changed(&taken.kept.bodies(), &plain.kept.bodies()), [""; 0]);
        assert!(tunnels.load(Ordering::Relaxed) > 0, "nothing went through the proxy");
    }
    // A proxy that is away is not gone around.
    let way = json!({"proxy-url": "socks5://127.0.0.1:1"});
    let mut away = settings(cluster.kubeconfig_with(&way, &user));
    away.patience = Duration::from_secs(2);
    let error = take_with(&away, &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "cluster-unreachable", "{error}");
}

/// A SOCKS5 proxy without a password (RFC 1928): it connects to addresses and names, and counts.
fn socks_proxy(tunnels: Arc<AtomicU32>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), tunnels) = (client, Arc::clone(&tunnels)) else { continue };
            std::thread::spawn(move || {
                let _ = socks(client, &tunnels);
            });
        }
    });
    port
}

fn socks(mut client: TcpStream, tunnels: &AtomicU32) -> std::io::Result<()> {
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).map(|()| bytes)
    };
    let greeting = read(2)?;
    assert_eq!(greeting[0], 5, "no SOCKS5");
    read(greeting[1].into())?;
    client.write_all(&[5, 0])?;
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).map(|()| bytes)
    };
    let head = read(4)?;
    assert_eq!(head[..2], [5, 1], "no CONNECT");
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(<[u8; 4]>::try_from(read(4)?).unwrap()).to_string(),
        3 => {
            let length = read(1)?[0];
            String::from_utf8(read(length.into())?).unwrap()
        }
        other => panic!("address of the kind {other}"),
    };
    let port = u16::from_be_bytes(read(2)?.try_into().unwrap());
    let server = TcpStream::connect((host, port))?;
    tunnels.fetch_add(1, Ordering::Relaxed);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let (mut from, mut to) = (server, client);
    std::io::copy(&mut from, &mut to).map(|_| ())
}

/// A proxy that only opens tunnels (`CONNECT`).
fn connect_proxy(tunnels: Arc<AtomicU32>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(mut client), tunnels) = (client, Arc::clone(&tunnels)) else { continue };
            std::thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read > 0) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).to_string();
                let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next())
                else {
                    return;
                };
                let server = TcpStream::connect(target).unwrap();
                tunnels.fetch_add(1, Ordering::Relaxed);
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (server, client);
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
    port
}
