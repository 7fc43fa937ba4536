# Packet scripts against our TCP in virtual time: see tests/scripts/main.c for their format.

PACKET_SCRIPTS        := $(sort $(wildcard tests/scripts/*.script))
SCRIPT_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/scripts/*.c))

.PHONY: scripts

check: scripts

$(BUILD)/scripts: $(SCRIPT_OBJECTS) $(BUILD)/libnetlayers.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

scripts: $(BUILD)/scripts ## packet scripts: inject this, expect that, at this time
	@$(BUILD)/scripts $(PACKET_SCRIPTS)
