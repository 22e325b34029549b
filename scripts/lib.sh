# Shared by the scripts of this folder; sourced, never run.

say() { printf '%s\n' "$*"; }

# A problem and its way out, on stderr.
complain() { printf '%s\n' "$*" >&2; }

# Cargo is often installed but not on the path of a non-login shell.
find_cargo() {
    if command -v cargo >/dev/null; then
        return
    fi
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
        export PATH
        return
    fi
    complain "error: cargo is not installed"
    complain "  help: install Rust $(rust_version_min) or newer with rustup, as https://www.rust-lang.org/tools/install says"
    complain "        or as a package of your system, then run the command again"
    exit 1
}

rust_version_min() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

# The folder that cargo builds into, whatever decides it: flag, environment or configuration.
target_folder() {
    cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
