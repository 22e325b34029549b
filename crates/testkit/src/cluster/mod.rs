//! A real API server on a real etcd, on loopback, for one test or one file of tests.
//!
//! ```no_run
//! use nachweis_testkit::cluster::{Cluster, Options, assets};
//! if let Some(assets) = assets() {
//!     let cluster = Cluster::start(&assets, Options::default());
//!     println!("{}", cluster.kubectl(&["get", "namespaces"]));
//! }
//! ```
//!
//! A test in a static lives as long as its process; the servers end with it all the same.

mod api;
mod apply;
mod assets;
mod authority;
mod driver;
mod gate;
mod https;
mod issuer;
mod noise;
mod process;
mod raise;
mod volumes;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use api::{Api, Login, Reply};
pub use apply::{Applier, Resource, preferred, served};
pub use assets::assets;
pub use authority::{Authority, Pair, signing_key};
pub use driver::{Driver, image_id, now};
pub use gate::Gate;
pub use https::{Answer, Asked, Https};
pub use issuer::{CLIENT, Issuer, REFRESH, SECRET};
pub use noise::Noise;
use process::{Guard, Server};
pub use raise::{platform_cluster, raise};

/// How long a server may take to become ready on a machine with much else to do.
const READY: Duration = Duration::from_secs(180);

/// What a cluster is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// starts the controller manager: ReplicaSets, pods, service accounts, end of namespaces
    pub controllers: bool,
    /// writes every request to the audit log, level Metadata
    pub audit: bool,
    /// users that log in with a token: token, user, group (empty: none)
    pub users: Vec<(String, String, String)>,
    /// more arguments of the API server; a repeated one wins over ours
    pub flags: Vec<String>,
    /// more arguments of the controller manager
    pub controller_flags: Vec<String>,
}

impl Options {
    /// A user that logs in with a token.
    pub fn user(mut self, token: &str, user: &str, group: &str) -> Self {
        self.users.push((token.into(), user.into(), group.into()));
        self
    }

    /// An argument of the API server, such as `--watch-cache=false`.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.into());
        self
    }
}

/// A running cluster; its processes end and its folder goes when it is dropped.
pub struct Cluster {
    // Fields are dropped in this order: the clients of etcd first, the guard after the processes, the folder last.
    controllers: Option<Server>,
    api_server: Option<Server>,
    _etcd: Server,
    guard: Guard,
    home: TempDir,
    assets: PathBuf,
    authority: Authority,
    admin: Pair,
    options: Options,
    port: u16,
    etcd_url: String,
}

impl Cluster {
    /// Starts the servers of the folder `assets` and waits until they are ready.
    ///
    /// # Panics
    /// With the end of the server's log where one does not become ready.
    pub fn start(assets: &Path, options: Options) -> Self {
        let home = tempfile::Builder::new().prefix("nachweis-cluster-").tempdir().unwrap();
        let mut guard = Guard::new(assets, home.path());
        let authority = Authority::new("nachweis-test");
        let admin = authority.client("admin", Some("system:masters"));
        write_files(home.path(), &authority, &options);
        let (etcd, etcd_url) = start_etcd(assets, home.path(), &mut guard);
        let mut cluster = Cluster {
            controllers: None,
            api_server: None,
            _etcd: etcd,
            guard,
            home,
            assets: assets.into(),
            authority,
            admin,
            options,
            port: 0,
            etcd_url,
        };
        for attempt in 0.. {
            // Another process may take the port in between, so try again.
            cluster.port = free_port();
            match cluster.try_start_api_server() {
                Ok(()) => break,
                Err(tail) => assert!(attempt < 2, "kube-apiserver does not become ready:\n{tail}"),
            }
        }
        if cluster.options.controllers {
            cluster.start_controllers();
        }
        cluster
    }

    /// `https://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The folder for files of this test; it goes with the cluster.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The authority that signed the server's certificate and signs those of clients.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The login of `system:masters`.
    pub fn admin_login(&self) -> Login {
        Login::Certificate(self.admin.clone())
    }

    /// Calls as `system:masters`.
    pub fn admin(&self) -> Api {
        self.api(&self.admin_login())
    }

    /// Calls as somebody.
    pub fn api(&self, login: &Login) -> Api {
        Api::new(&self.url(), self.authority.pem(), login)
    }

    /// Writes a kubeconfig for a login.
    pub fn kubeconfig(&self, login: &Login) -> PathBuf {
        let user = match login {
            Login::Token(token) => json!({"token": token}),
            Login::Certificate(pair) => {
                json!({"client-certificate-data": base64(&pair.certificate), "client-key-data": base64(&pair.key)})
            }
            Login::Anonymous => json!({}),
        };
        self.kubeconfig_with(&json!({}), &user)
    }

    /// Writes a kubeconfig with these members beside `server` and `certificate-authority-data` of the cluster, and with
    /// this user: `exec`, `auth-provider`, `as` and whatever else kubectl accepts. A null takes a member away.
    pub fn kubeconfig_with(&self, cluster: &Value, user: &Value) -> PathBuf {
        let mut members =
            json!({"server": self.url(), "certificate-authority-data": base64(self.authority.pem())});
        for (name, value) in cluster.as_object().unwrap() {
            members[name] = value.clone();
        }
        members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": members}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        });
        let mut file = tempfile::Builder::new();
        let file = file.prefix("kubeconfig-").disable_cleanup(true).tempfile_in(self.home()).unwrap();
        fs::write(file.path(), config.to_string()).unwrap();
        file.path().to_path_buf()
    }

    /// What `kubectl` answers the administrator.
    ///
    /// # Panics
    /// Where it fails.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.kubectl_as(&self.admin_login(), arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `kubectl` answers somebody.
    pub fn kubectl_as(&self, login: &Login, arguments: &[&str]) -> Output {
        let config = self.kubeconfig(login);
        let mut command = Command::new(self.assets.join("kubectl"));
        // Nothing of the machine's own clusters, and no cache that another test could see.
        command.env("HOME", self.home()).env("KUBECONFIG", config).args(arguments);
        command.arg("--cache-dir").arg(self.home().join("kubectl-cache")).output().unwrap()
    }

    /// Ends the API server at once.
    pub fn kill_api_server(&mut self) {
        self.api_server = None;
    }

    /// Starts the API server again, on the same port and the same etcd.
    pub fn start_api_server(&mut self) {
        if let Err(tail) = self.try_start_api_server() {
            panic!("kube-apiserver does not become ready again:\n{tail}");
        }
    }

    /// Ends and starts the API server.
    pub fn restart_api_server(&mut self) {
        self.kill_api_server();
        self.start_api_server();
    }

    /// Sends a signal to the API server: `STOP` makes it hang, `CONT` lets it go on.
    pub fn signal_api_server(&self, name: &str) {
        self.api_server.as_ref().unwrap().signal(name);
    }

    /// Compacts etcd up to now: the next page of every list begun before is 410 Gone, once the API server's watch cache
    /// is no help (`--watch-cache=false`).
    pub fn compact(&self) {
        let agent = ureq::Agent::new_with_defaults();
        let call = |path: &str, body: Value| -> Value {
            let mut answer =
                agent.post(format!("{}{path}", self.etcd_url)).send(body.to_string().as_bytes()).unwrap();
            serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
        };
        let range = call("/v3/kv/range", json!({"key": "AA==", "limit": 1}));
        call("/v3/kv/compaction", json!({"revision": range["header"]["revision"], "physical": true}));
    }

    /// The audit log so far, one event for each finished stage.
    pub fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.home().join("audit.log")).unwrap();
        // The last line may be half written.
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The process number of the API server, to measure it.
    pub fn api_server_pid(&self) -> u32 {
        self.api_server.as_ref().unwrap().pid()
    }

    fn try_start_api_server(&mut self) -> Result<(), String> {
        let arguments = self.api_server_arguments();
        let log = self.home.path().join("kube-apiserver.log");
        let server = Server::start(&self.assets.join("kube-apiserver"), &arguments, &log, &mut self.guard);
        let server = self.api_server.insert(server);
        let api = Api::new(
            &format!("https://127.0.0.1:{}", self.port),
            self.authority.pem(),
            &Login::Certificate(self.admin.clone()),
        );
        let until = Instant::now() + READY;
        loop {
            let answer = api.call("GET", "/readyz", "application/json", Vec::new());
            if answer.as_ref().is_ok_and(Reply::good) && server.runs() {
                return Ok(());
            }
            if !server.runs() || Instant::now() > until {
                let last = answer.map_or_else(|error| error, |reply| reply.text());
                return Err(format!("{}\nlast answer of /readyz: {last}", server.tail()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn api_server_arguments(&self) -> Vec<String> {
        let file = |name: &str| self.home.path().join(name).display().to_string();
        let mut arguments = vec![
            format!("--etcd-servers={}", self.etcd_url),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={}", self.port),
            format!("--cert-dir={}", file("cert-dir")),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--client-ca-file={}", file("ca.crt")),
            format!("--requestheader-client-ca-file={}", file("front.crt")),
            "--requestheader-allowed-names=front".into(),
            "--requestheader-username-headers=X-Remote-User".into(),
            "--requestheader-group-headers=X-Remote-Group".into(),
            "--requestheader-extra-headers-prefix=X-Remote-Extra-".into(),
            format!("--proxy-client-cert-file={}", file("front-client.crt")),
            format!("--proxy-client-key-file={}", file("front-client.key")),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--service-account-key-file={}", file("sa.pub")),
            format!("--service-account-signing-key-file={}", file("sa.key")),
            "--service-cluster-ip-range=10.96.0.0/16".into(),
            "--authorization-mode=RBAC".into(),
            "--allow-privileged=true".into(),
            // Endpoints refuse addresses of loopback.
            "--endpoint-reconciler-type=none".into(),
        ];
        if !self.options.users.is_empty() {
            arguments.push(format!("--token-auth-file={}", file("users.csv")));
        }
        if self.options.audit {
            arguments.push(format!("--audit-policy-file={}", file("audit-policy.yaml")));
            arguments.push(format!("--audit-log-path={}", file("audit.log")));
            // Lines come in the order of their requests, and none is lost when the server is killed.
            arguments.push("--audit-log-mode=blocking".into());
        }
        if !self.options.controllers {
            // Nothing makes the service accounts that pods would need.
            arguments.push("--disable-admission-plugins=ServiceAccount".into());
        }
        arguments.extend(self.options.flags.iter().cloned());
        arguments
    }

    fn start_controllers(&mut self) {
        let config = self.kubeconfig(&self.admin_login()).display().to_string();
        let file = |name: &str| self.home.path().join(name).display().to_string();
        let mut arguments = vec![
            format!("--kubeconfig={config}"),
            format!("--authentication-kubeconfig={config}"),
            format!("--authorization-kubeconfig={config}"),
            format!("--service-account-private-key-file={}", file("sa.key")),
            format!("--root-ca-file={}", file("ca.crt")),
            format!("--cert-dir={}", file("cert-dir-controllers")),
            "--use-service-account-credentials=true".into(),
            "--bind-address=127.0.0.1".into(),
            "--secure-port=0".into(),
            "--leader-elect=false".into(),
            // Test nodes have no kubelet that reports; they would be taken for lost.
            "--node-monitor-grace-period=24h".into(),
        ];
        arguments.extend(self.options.controller_flags.iter().cloned());
        let log = self.home.path().join("kube-controller-manager.log");
        let program = self.assets.join("kube-controller-manager");
        self.controllers = Some(Server::start(&program, &arguments, &log, &mut self.guard));
        self.wait("the service account default/default", |api| {
            api.get("/api/v1/namespaces/default/serviceaccounts/default").good()
        });
    }

    /// Waits until something holds.
    ///
    /// # Panics
    /// With the ends of the logs where it does not come to hold.
    #[track_caller]
    pub fn wait(&mut self, what: &str, holds: impl Fn(&Api) -> bool) {
        let (api, until) = (self.admin(), Instant::now() + READY);
        while !holds(&api) {
            let late = Instant::now() > until;
            for server in [&mut self.controllers, &mut self.api_server].into_iter().flatten() {
                assert!(!late && server.runs(), "waiting for {what}:\n{}", server.tail());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn write_files(home: &Path, authority: &Authority, options: &Options) {
    let write = |name: &str, text: &str| fs::write(home.join(name), text).unwrap();
    let server = authority.server(&["127.0.0.1", "localhost", "kubernetes.default.svc"]);
    write("ca.crt", authority.pem());
    write("server.crt", &server.certificate);
    write("server.key", &server.key);
    let front = Authority::new("nachweis-test-front");
    let client = front.client("front", None);
    write("front.crt", front.pem());
    write("front-client.crt", &client.certificate);
    write("front-client.key", &client.key);
    let (private, public) = signing_key();
    write("sa.key", &private);
    write("sa.pub", &public);
    write(
        "audit-policy.yaml",
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n",
    );
    let mut users = String::new();
    for (index, (token, user, group)) in options.users.iter().enumerate() {
        users.push_str(&format!("{token},{user},uid-{index},\"{group}\"\n"));
    }
    write("users.csv", &users);
}

fn start_etcd(assets: &Path, home: &Path, guard: &mut Guard) -> (Server, String) {
    let agent = ureq::Agent::new_with_defaults();
    let mut tail = String::new();
    for _ in 0..3 {
        let (client, peer) =
            (format!("http://127.0.0.1:{}", free_port()), format!("http://127.0.0.1:{}", free_port()));
        let arguments = [
            "--name=test".into(),
            format!("--data-dir={}", home.join("etcd").display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=test={peer}"),
            // The data need not outlive the test.
            "--unsafe-no-fsync=true".into(),
            "--log-level=warn".into(),
        ];
        let mut server = Server::start(&assets.join("etcd"), &arguments, &home.join("etcd.log"), guard);
        let until = Instant::now() + READY;
        while server.runs() && Instant::now() < until {
            if agent.get(format!("{client}/health")).call().is_ok() {
                return (server, client);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        tail = server.tail();
        drop(server);
        let _ = fs::remove_dir_all(home.join("etcd"));
    }
    panic!("etcd does not become ready:\n{tail}");
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}
