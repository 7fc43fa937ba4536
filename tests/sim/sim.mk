# The simulation of our own stack: see tests/sim/sim.h.
#
#     make simulate SEEDS=100000 FIRST=1
#
# `make check` runs 2,000 seeds.

SEEDS       ?= 2000
FIRST       ?= 1
SIM_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/sim/*.c))

.PHONY: simulate

check: simulate

$(BUILD)/simulate: $(SIM_OBJECTS) $(BUILD)/libnetlayers.a
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc -o $@ $^ $(LDLIBS)

simulate: $(BUILD)/simulate ## hosts on bad wires: SEEDS=2000 runs, rules checked after each event
	@$(BUILD)/simulate seeds=$(SEEDS) first=$(FIRST)
