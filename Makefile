# libnetlayers: see README.md; `make help` lists what can be made.
# Everything that is built goes to $(BUILD); nothing is written beside the sources.
#
#   CC= CXX= CFLAGS= CPPFLAGS= LDFLAGS=   the usual ones
#   BUILD=DIR    where to build                  PREFIX=, DESTDIR=   where to install
#   V=1          show every command              CI=true             warnings are errors

# As many jobs as there are processors, unless told.
ifeq ($(MAKELEVEL)$(filter -j% --jobs% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
endif
MAKEFLAGS += --no-print-directory

# Several goals are reached one after the other, as `make deps check` is meant.
ifneq ($(word 2,$(MAKECMDGOALS)),)
.PHONY: in-order $(MAKECMDGOALS)
$(MAKECMDGOALS): in-order
	@:
in-order:
	@for goal in $(MAKECMDGOALS); do $(MAKE) $$goal || exit; done
else

BUILD   ?= build
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(CI),-Werror)
VERSION := $(shell sed -n 's/^\#define NETL_VERSION *"\(.*\)".*/\1/p' include/netlayers.h)
SOVERSION = $(firstword $(subst ., ,$(VERSION)))

# One short line for each file.
Q   = $(if $(V),,@)
say = $(if $(V),,@printf '%-5s %s\n' $(1) '$(2)')

# On Linux files named *_linux.c belong to the library too.
SYSTEM  := $(shell uname -s)
SOURCES := $(filter-out lib/crypto/%,$(wildcard lib/*/*.c))
ifneq ($(SYSTEM),Linux)
SOURCES := $(filter-out %_linux.c,$(SOURCES))
endif
HEADERS  := $(wildcard include/*.h include/netlayers/*.h include/netlayers/*/*.h)
EXAMPLES := $(notdir $(basename $(wildcard examples/*.c)))

CPPFLAGS_ALL = -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib $(INCLUDES) -MMD -MP $(CPPFLAGS)
CFLAGS_ALL   = $(WARN) -fvisibility=hidden -fPIC -fno-semantic-interposition $(CFLAGS) $(SMALL)

# Where no CFLAGS are given, files that see every byte or event are made fast, the rest small.
HOT    = $(addprefix lib/base/,address.c clock.c host.c loop.c packet.c poller_epoll_linux.c text.c \
        timers.c) \
    $(addprefix lib/trace/,event.c field.c reason.c sink_text.c) \
    $(addprefix lib/wire/,checksum.c crc32.c ethernet.c ipv4.c option.c tcp.c udp.c) \
    $(addprefix lib/link/,arp.c arp_own.c ethernet.c ethernet_neighbour.c hold.c link.c loopback.c \
        packet_linux.c receive.c report.c tap_linux.c) \
    $(addprefix lib/internet/,ip.c ip_input.c ip_output.c pmtu.c raw_own.c routes.c) \
    $(addprefix lib/transport/,congestion_%.c tcp.c tcp_%.c udp_kernel.c udp_own.c) \
    $(addprefix lib/lab/,channel.c frame_pool.c nic.c) \
    $(addprefix lib/application/,http_message.c sha256.c) tests/%.c
SMALL  = $(if $(filter file,$(origin CFLAGS)),$(if $(filter $(HOT),$<),,-Os))
# Relocations of our tables take a bit each instead of 24 bytes, where the linker knows how.
PACKED = $(shell $(CC) -Wl,--help 2>/dev/null | \
    sed -n 's/.*-z \(pack-relative-relocs\).*/-Wl,-z,\1/p' | head -n 1)

# Both libraries are made of the same objects, so that each file is compiled once.
OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o)
COURSE  = $(SOURCES:%.c=$(BUILD)/debug/obj/%.o)
SHARED  = $(BUILD)/libnetlayers.so.$(VERSION)

# The one part that may need more than libc is a library of its own: what SSH wants of libcrypto.
# Where its version 3 is not found, as with musl, the same library says that there is nothing.
CRYPTO_LIBS   = $(or $(shell pkg-config --libs libcrypto 2>/dev/null),-lcrypto)
CRYPTO_LINKS  = $(shell echo 'int main(void) { return EVP_MAC_fetch(NULL, "", NULL) != NULL; }' | \
    $(CC) $(CPPFLAGS) -include openssl/evp.h -x c - -o /dev/null $(1) $(CRYPTO_LIBS) 2>/dev/null && \
    echo '$(CRYPTO_LIBS)')
CRYPTO        = $(eval CRYPTO := $$(call CRYPTO_LINKS,$(LDFLAGS)))$(CRYPTO)
CRYPTO_STATIC = $(eval CRYPTO_STATIC := $$(call CRYPTO_LINKS,-static))$(CRYPTO_STATIC)
crypto_source = lib/crypto/$(if $(strip $(1)),libcrypto,none)
CRYPTO_SHARED = $(BUILD)/libnetlayers-crypto.so.$(VERSION)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all lib examples debug demo deps dist install uninstall clean help compile_commands.json

all: lib examples ## the libraries and the examples

lib: $(BUILD)/libnetlayers.a $(BUILD)/libnetlayers.so \
    $(BUILD)/libnetlayers-crypto.a $(BUILD)/libnetlayers-crypto.so

examples: $(EXAMPLES:%=$(BUILD)/examples/%)

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/libnetlayers.a: $(OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(SHARED): $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,libnetlayers.so.$(SOVERSION) \
	    -Wl,-Bsymbolic-functions -Wl,-z,noseparate-code $(PACKED) $(LDFLAGS) -o $@ $^

$(BUILD)/libnetlayers.so: $(SHARED)
	@ln -sf $(<F) $(BUILD)/libnetlayers.so.$(SOVERSION)
	@ln -sf libnetlayers.so.$(SOVERSION) $@

# Which of the two files it is made of is asked only when it is made, and again when that changes.
$(BUILD)/crypto.is $(BUILD)/debug/crypto.is: FORCE
	@mkdir -p $(@D)
	@echo '$(crypto)' | cmp -s - $@ || echo '$(crypto)' >$@
$(BUILD)/crypto.is: crypto = $(CRYPTO)
$(BUILD)/debug/crypto.is: crypto = $(CRYPTO_STATIC)

.SECONDEXPANSION:
$(BUILD)/libnetlayers-crypto.a: \
    $$(BUILD)/obj/$$(call crypto_source,$$(CRYPTO)).o $(BUILD)/crypto.is
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $<

$(CRYPTO_SHARED): $$(BUILD)/obj/$$(call crypto_source,$$(CRYPTO)).o $(BUILD)/crypto.is
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,libnetlayers-crypto.so.$(SOVERSION) $(LDFLAGS) \
	    -o $@ $< $(CRYPTO)

$(BUILD)/libnetlayers-crypto.so: $(CRYPTO_SHARED)
	@ln -sf $(<F) $(BUILD)/libnetlayers-crypto.so.$(SOVERSION)
	@ln -sf libnetlayers-crypto.so.$(SOVERSION) $@

$(BUILD)/debug/libnetlayers-crypto.a: \
    $$(BUILD)/debug/obj/$$(call crypto_source,$$(CRYPTO_STATIC)).o $(BUILD)/debug/crypto.is
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $<

# Who speaks SSH is linked with it.
SSH_EXAMPLES := $(filter ssh_%,$(EXAMPLES))
$(SSH_EXAMPLES:%=$(BUILD)/examples/%): $(BUILD)/libnetlayers-crypto.a
$(SSH_EXAMPLES:%=$(BUILD)/examples/%): LDLIBS += $(CRYPTO)
$(SSH_EXAMPLES:%=$(BUILD)/debug/%): $(BUILD)/debug/libnetlayers-crypto.a
$(SSH_EXAMPLES:%=$(BUILD)/debug/%): LDLIBS += $(CRYPTO_STATIC)

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The one example that checks passwords needs crypt(3): in libcrypt, in libc, or not there at all.
CRYPT = $(eval CRYPT := $$(shell for l in -lcrypt -lc; do \
    echo 'char *crypt(const char *, const char *); int main(void) { return !crypt("", ""); }' | \
    $$(CC) -x c - $$(LDFLAGS) $$$$l -o /dev/null 2>/dev/null && echo $$$$l && break; done))$(CRYPT)
%/ftp_server: LDLIBS += $(CRYPT)
%/ftp_server.o: INCLUDES += $(if $(CRYPT),-DHAVE_CRYPT)

# Course builds: to be stepped through.
debug: $(EXAMPLES:%=$(BUILD)/debug/%) ## the examples for a debugger: -O0 -g3, static

$(BUILD)/debug/obj/%.o: %.c Makefile
	$(call say,CC,$< (debug))
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(WARN) -O0 -g3 -c -o $@ $<

$(BUILD)/debug/libnetlayers.a: $(COURSE)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/debug/%: $(BUILD)/debug/obj/examples/%.o $(BUILD)/debug/libnetlayers.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -g3 -o $@ $^ $(LDLIBS)

# The static C library warns that names are resolved by shared ones; that is meant so.
demo: $(BUILD)/examples/four_layers $(BUILD)/examples/http_server ## watch one request pass through all four layers
	@$(BUILD)/examples/four_layers sandbox=auto
	@printf '%s\n' '' 'Next:' \
	    '  $(BUILD)/examples/four_layers sandbox=auto lang=ko      reasons in Korean (model=osi: seven layers)' \
	    '  $(BUILD)/examples/four_layers sandbox=auto trace=pcapng:four.pcapng     the same for Wireshark' \
	    '  sudo NETLAYERS=trace=text $(BUILD)/examples/http_server     then: curl http://localhost:8080/' \
	    '  make step-four_layers      the same in a debugger'

deps: ## install what check, bench and docs need (apt)
	@.ci/deps

# Installing. uninstall removes exactly what install wrote.
INSTALL_INCLUDE = $(DESTDIR)$(PREFIX)/include
INSTALL_LIB     = $(DESTDIR)$(LIBDIR)
INSTALL_SHARE   = $(DESTDIR)$(PREFIX)/share
INSTALL_DOC     = $(INSTALL_SHARE)/doc/netlayers
MANUALS := $(wildcard docs/man/*.[1-8])
SCRIPTS := $(wildcard lib/gdb/*.py)
SAMPLES := $(wildcard examples/*.[ch] examples/*.zone examples/student-project/*)

INSTALLED = $(HEADERS:include/%=$(INSTALL_INCLUDE)/%) \
    $(addprefix $(INSTALL_LIB)/,$(foreach l,libnetlayers libnetlayers-crypto, \
        $l.a $l.so.$(VERSION) $l.so.$(SOVERSION) $l.so) \
        pkgconfig/netlayers.pc pkgconfig/netlayers-crypto.pc) \
    $(foreach m,$(MANUALS),$(INSTALL_SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) \
    $(SCRIPTS:lib/gdb/%=$(INSTALL_SHARE)/netlayers/gdb/%) $(SAMPLES:%=$(INSTALL_DOC)/%) \
    $(INSTALL_DOC)/LICENSE
INSTALLED_ONLY_OURS = $(addprefix $(INSTALL_INCLUDE)/netlayers,/wire .) \
    $(addprefix $(INSTALL_SHARE)/netlayers,/gdb .) \
    $(addprefix $(INSTALL_DOC),/examples/student-project /examples .)

$(BUILD)/%.pc: lib/%.pc.in include/netlayers.h Makefile FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    -e 's|@VERSION@|$(VERSION)|' -e 's|@CRYPTO@|$(strip $(CRYPTO))|' $< >$@

install: lib $(BUILD)/netlayers.pc $(BUILD)/netlayers-crypto.pc ## headers, libraries, .pc, man pages, gdb scripts, examples
	@set -e; put() { mkdir -p "$$2"; install -m 644 "$$1" "$$2/"; }; \
	for f in $(HEADERS:include/%=%); do put include/$$f "$(INSTALL_INCLUDE)/$$(dirname $$f)"; done; \
	for l in libnetlayers libnetlayers-crypto; do \
	    put $(BUILD)/$$l.a "$(INSTALL_LIB)"; put $(BUILD)/$$l.so.$(VERSION) "$(INSTALL_LIB)"; \
	    ln -sf $$l.so.$(VERSION) "$(INSTALL_LIB)/$$l.so.$(SOVERSION)"; \
	    ln -sf $$l.so.$(SOVERSION) "$(INSTALL_LIB)/$$l.so"; done; \
	for f in netlayers netlayers-crypto; do put $(BUILD)/$$f.pc "$(INSTALL_LIB)/pkgconfig"; done; \
	for f in $(MANUALS); do put $$f "$(INSTALL_SHARE)/man/man$${f##*.}"; done; \
	for f in $(SCRIPTS); do put $$f "$(INSTALL_SHARE)/netlayers/gdb"; done; \
	for f in $(SAMPLES); do put $$f "$(INSTALL_DOC)/$$(dirname $$f)"; done; \
	put LICENSE "$(INSTALL_DOC)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then \
	    ldconfig || true; fi
	@echo "netlayers $(VERSION) is installed in $(DESTDIR)$(PREFIX)"

uninstall: ## remove exactly what install wrote
	@rm -f $(INSTALLED)
	@for d in $(INSTALLED_ONLY_OURS); do rmdir "$${d%.}" 2>/dev/null || true; done
	@echo "netlayers is removed from $(DESTDIR)$(PREFIX)"

dist: ## build/netlayers-VERSION.tar.gz of what is committed
	@git rev-parse --git-dir >/dev/null 2>&1 || \
	    { echo "make dist packs a commit: it needs a git clone" >&2; exit 1; }
	@mkdir -p $(BUILD)
	@git archive --format=tar --prefix=netlayers-$(VERSION)/ HEAD | \
	    gzip -9n >$(BUILD)/netlayers-$(VERSION).tar.gz
	@echo $(BUILD)/netlayers-$(VERSION).tar.gz

# For editors and clang-tidy: how each file is compiled.
DATABASE = $(SOURCES) $(if $(CRYPTO),lib/crypto/libcrypto.c) $(EXAMPLES:%=examples/%.c) $(wildcard tests/*/*.c)
$(BUILD)/compile_commands.json: Makefile FORCE
	@mkdir -p $(@D)
	@{ echo '['; first=; for f in $(DATABASE); do \
	    [ -z "$$first" ] || echo ','; first=no; \
	    printf '{"directory": "%s", "file": "%s", "command": "%s -c %s"}' "$(CURDIR)" "$$f" \
	        '$(CC) $(filter-out -MMD -MP,$(CPPFLAGS_ALL)) -Itests $(CFLAGS_ALL)' "$$f"; \
	done; echo; echo ']'; } >$@

compile_commands.json: $(BUILD)/compile_commands.json ## for editors; written to build/
	@echo "$<: point your editor at it, or link it here: ln -s $< ."

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-zA-Z_.-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	    awk -F'|' '{ printf "  make %-22s %s\n", $$1, $$2 }'

.PHONY: FORCE

# Tests, benchmarks, debugger and documents bring their own targets.
-include $(wildcard docs/*.mk lib/*/*.mk tests/*.mk tests/*/*.mk)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
endif
