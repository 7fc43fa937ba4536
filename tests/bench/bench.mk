# Benchmarks: each prints what we reach beside what a bare program or a peer reaches in the same
# minute, and the goal. Nothing is written but under $(BUILD) and a temporary folder.
#
#     make bench            minutes, best on a machine that does nothing else
#     make bench SMOKE=1    seconds: only that they run

BENCHES := $(notdir $(basename $(wildcard tests/bench/*_bench.c)))
SMOKE   ?=
PEER     = $(BUILD)/bench/microhttpd_peer

# The peer is built only where its library is there; the benchmark says when it is not.
HAS_MICROHTTPD = $(shell printf '\#include <microhttpd.h>\n' | $(CC) -E -x c - >/dev/null 2>&1 && echo yes)

.PHONY: bench bench-build

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(PEER): $(BUILD)/obj/tests/bench/microhttpd_peer.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lmicrohttpd $(LDLIBS)

# Asks name servers; several datagrams a system call are Linux's.
$(BUILD)/bench/dns_load: $(BUILD)/obj/tests/bench/dns_load_linux.o $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench-build: $(BENCHES:%=$(BUILD)/bench/%) $(BUILD)/examples/http_server \
    $(if $(filter Linux,$(SYSTEM)),$(BUILD)/bench/dns_load $(BUILD)/examples/dns_server)
	@$(if $(HAS_MICROHTTPD),$(MAKE) $(PEER))

bench: bench-build ## measure against bare sockets and peers; SMOKE=1: only that it runs
	@BUILD='$(abspath $(BUILD))' tests/bench/bench.sh $(if $(SMOKE),--smoke)
