# The commands of this repository. Each sets up what it needs (Debian packages; cargo itself must be there).

.PHONY: help demo test setup lint bench peers secrets fuzz docs release clean

help:
	@echo 'make demo     assess the example platform, write bundle and report to out/, verify them'
	@echo 'make test     run every test'
	@echo 'make setup    install what the tests and lints need'
	@echo 'make lint     format, clippy, pure rooms, dependencies'
	@echo 'make bench    time and memory on recorded clusters (release build), phase by phase'
	@echo 'make peers    what other tools do with the same objects'
	@echo 'make secrets  let an independent scanner look for secrets in all that leaves the program'
	@echo 'make fuzz     fuzz every reader of foreign bytes, ten minutes each'
	@echo 'make docs     check the links of the book in docs/, build it where mdbook is installed'
	@echo 'make release  static binaries, image, package, bill of materials, provenance, checksums in dist/'
	@echo 'make clean    remove what was built'

demo:
	@scripts/setup.sh build
	@scripts/demo.sh

test:
	@scripts/setup.sh test
	@scripts/test.sh

setup:
	@scripts/setup.sh test
	@scripts/setup.sh lint

lint:
	@scripts/setup.sh lint
	@scripts/lint.sh

bench:
	@scripts/setup.sh build
	@scripts/bench.sh

peers:
	@scripts/setup.sh build
	@scripts/peers.sh

secrets:
	@scripts/setup.sh build
	@scripts/detect-secrets.sh

fuzz:
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh

docs:
	@scripts/docs.sh

release:
	@scripts/setup.sh release
	@scripts/release.sh dist
	@scripts/release-check.sh dist

clean:
	cargo clean
	rm -rf out dist
