# The shared object through which packetdrill tests our TCP (its option --so_filename).
#
#     make packetdrill-shim
#     LD_PRELOAD=build/libnetlayers-packetdrill.so packetdrill \
#         --so_filename=build/libnetlayers-packetdrill.so SCRIPT.pkt
#
# The preloading is for scripts with code in them, and for sendfile(): see shim_options_linux.c.
# Scripts for SO_TIMESTAMPING want -DCMSG_LEVEL_IP=SOL_IP -DCMSG_TYPE_RECVERR=IP_RECVERR as well.

PACKETDRILL_SOURCES := $(wildcard tests/packetdrill/*.c)
PACKETDRILL_OBJECTS  = $(PACKETDRILL_SOURCES:%.c=$(BUILD)/obj/%.o)
PACKETDRILL_SHIM     = $(BUILD)/libnetlayers-packetdrill.so

.PHONY: packetdrill-shim packetdrill-check

packetdrill-shim: $(PACKETDRILL_SHIM) ## the object through which packetdrill tests our TCP

$(PACKETDRILL_SHIM): $(PACKETDRILL_OBJECTS) $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(LDFLAGS) -o $@ $^ -pthread

packetdrill-check: $(BUILD)/packetdrill-check $(PACKETDRILL_SHIM) ## its interface, without packetdrill
	@$(BUILD)/packetdrill-check $(PACKETDRILL_SHIM)

$(BUILD)/packetdrill-check: $(BUILD)/obj/tests/packetdrill/check/interface_check.o \
		$(BUILD)/obj/tests/support/unit.o $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pthread -ldl -lcunit
