# SPDX-License-Identifier: GPL-2.0-only
#
# One command each; `make help` lists them.  All outputs go to BUILD, the
# sources stay as they were cloned.  On an ARM64 machine everything is built
# natively for the running kernel; elsewhere it is cross-built for a stock
# kernel that lab/kernels fetches.

MAKEFLAGS += --no-print-directory
BUILD ?= build
O := $(abspath $(BUILD))
override BUILD := $(O)
export BUILD

native := $(filter aarch64,$(shell uname -m))
CROSS_COMPILE ?= $(if $(native),,aarch64-linux-gnu-)
export CROSS_COMPILE
CC := $(CROSS_COMPILE)gcc
KDIR ?= $(shell lab/kernels kdir)
PREFIX ?= /usr/local

# What a recipe needs and the package that brings it, for lab/packages.
build-needs := $(CC):gcc$(if $(native),,-aarch64-linux-gnu) gcc:gcc make:make bc:bc \
	/usr/include/stdlib.h:libc6-dev
check-needs := sparse:sparse shellcheck:shellcheck
native-needs := /usr/include/libfdt.h:libfdt-dev \
	/usr/include/slirp/libslirp.h:libslirp-dev /usr/include/liburing.h:liburing-dev \
	/usr/include/zlib.h:zlib1g-dev /usr/include/zstd.h:libzstd-dev \
	/usr/include/libnl3/netlink/netlink.h:libnl-genl-3-dev \
	/usr/include/jansson.h:libjansson-dev /usr/include/ncurses.h:libncurses-dev \
	/usr/include/event2/http.h:libevent-dev \
	/lib/modules/$(shell uname -r)/build:linux-headers-$(shell uname -r)
needs := $(build-needs) $(if $(native),$(native-needs))

# Late, so that nothing is fetched before a recipe asks for it.
SYSROOT = $(if $(native),,$(shell lab/kernels sysroot))
SYSROOT_CFLAGS = $(if $(native),,--sysroot=$(SYSROOT) \
	-isystem $(SYSROOT)/usr/include/aarch64-linux-gnu \
	-isystem $(SYSROOT)/usr/include) -I$(KHDR)/libnl3
SYSROOT_LDFLAGS = $(if $(native),,--sysroot=$(SYSROOT))
KHDR = $(SYSROOT)/usr/include
KSFT_SRC ?= $(shell lab/kernels source)/tools/testing/selftests
# Tests of what newer kernels' KVM has are compiled with such a kernel's headers.
UAPI ?= $(shell lab/kernels uapi 6.12)
user-args = CC='$(CC)' AR='$(CROSS_COMPILE)ar' KHDR='$(KHDR)' \
	SYSROOT_CFLAGS='$(SYSROOT_CFLAGS)' SYSROOT_LDFLAGS='$(SYSROOT_LDFLAGS)'

.PHONY: all module modules tools selftests run check check-debug check-newest bench install clean help packages
all: modules tools selftests

packages:
	@lab/packages $(needs)

# kbuild writes beside its sources, so it is given a tree of links to them, one
# for each kernel release.  Links to files that are gone go too.
module: packages
	$(eval kdir := $(KDIR))
	$(eval release := $(shell cut -d '"' -f 2 $(kdir)/include/generated/utsrelease.h))
	$(eval farm := $(O)/kmod-$(release))
	@mkdir -p $(farm)
	@cp -rsf $(abspath $(wildcard Kbuild kmod uapi)) $(farm)
	@find -L $(farm) -type l -delete
	$(MAKE) -C $(kdir) M=$(farm) ARCH=arm64 CROSS_COMPILE=$(CROSS_COMPILE) \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

# `module` alone leaves what was made for another kernel in place.
modules: module
	@cp $(farm)/kmod/peng.ko $(O)/peng.ko

tools: packages
ifneq ($(wildcard userspace-tools/Makefile),)
	@mkdir -p $(O)
	$(MAKE) -C userspace-tools OUT=$(O) $(user-args)
endif

selftests: packages
ifneq ($(wildcard selftests/Makefile),)
	@mkdir -p $(O)/selftests
	$(MAKE) -C selftests OUTPUT=$(O)/selftests KSFT_SRC='$(KSFT_SRC)' UAPI='$(UAPI)' \
		$(user-args)
endif

run: modules tools
	@lab/run

check: all
	@lab/packages $(check-needs)
	@selftests/run $(ONLY)

check-debug: all
	@lab/packages $(check-needs)
	@KINDS='vhe-debug nvhe-debug' selftests/run $(ONLY)

check-newest: all
	@lab/packages $(check-needs)
	@KINDS='vhe-sid-kvm nvhe-sid-nokvm max-sid-kvm maxnvhe-sid-nokvm' selftests/run $(ONLY)

bench: all
	@lab/host --icount --timeout 300 -- \
		/usr/lib/peng/selftests/perf/exits /dev/kvm /dev/peng

install: modules tools
	$(MAKE) -C $(KDIR) M=$(farm) INSTALL_MOD_DIR=extra modules_install
	install -D $(O)/peng $(DESTDIR)$(PREFIX)/bin/peng
	$(MAKE) -C userspace-tools man-install MAN=$(DESTDIR)$(PREFIX)/share/man
	install -D -m 644 userspace-tools/peng.schema.json \
		$(DESTDIR)$(PREFIX)/share/peng/peng.schema.json
	install -D -m 644 userspace-tools/peng@.service \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/peng@.service
	install -D -m 644 userspace-tools/completion/peng.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/peng

clean:
	rm -rf $(O)

help:
	@echo 'make            modules, tools and selftests'
	@echo 'make run        boot a guest under peng: on this machine if it is ARM64,'
	@echo '                else on an emulated ARM64 host'
	@echo 'make check      build, then run all tests; ONLY=NAME for one'
	@echo 'make check-debug   the same, everything on a kernel that finds fault'
	@echo 'make check-newest  the same, everything on the newest kernel of Debian'
	@echo 'make bench      instructions per exit, beside built-in KVM'
	@echo 'make modules    $$BUILD/peng.ko; W=1 and C=1 as for the kernel'
	@echo 'make tools      $$BUILD/peng, the launcher'
	@echo 'make selftests  $$BUILD/selftests'
	@echo 'make install    module and launcher into this ARM64 machine'
	@echo 'make clean      remove $$BUILD'
	@echo
	@echo 'BUILD=DIR       where outputs go (build)'
	@echo 'KDIR=DIR        kernel to build for (see lab/kernels --help)'
	@echo 'KSFT_SRC=DIR    tools/testing/selftests of a kernel source tree'
