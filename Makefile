# libnetlayers: see README.md; `make help` lists what can be made.
# Everything that is built goes to $(BUILD); nothing is written beside the sources.

BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(CI),-Werror)
VERSION := $(shell sed -n 's/^\#define NETL_VERSION *"\(.*\)".*/\1/p' include/netlayers.h)
SOVERSION = $(firstword $(subst ., ,$(VERSION)))

# On Linux files named *_linux.c belong to the library too.
SYSTEM  := $(shell uname -s)
SOURCES := $(wildcard lib/*/*.c)
ifneq ($(SYSTEM),Linux)
SOURCES := $(filter-out %_linux.c,$(SOURCES))
endif
HEADERS  := $(wildcard include/*.h include/netlayers/*.h include/netlayers/*/*.h)
EXAMPLES := $(filter-out lib.%,$(notdir $(basename $(wildcard examples/*.c))))
UNITS    := $(notdir $(basename $(wildcard tests/unit/*_test.c)))

CPPFLAGS_ALL = -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib -MMD -MP $(CPPFLAGS)
CFLAGS_ALL   = $(WARN) -fvisibility=hidden $(CFLAGS)

OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o)
SHARED  = $(SOURCES:%.c=$(BUILD)/pic/%.o)
COURSE  = $(SOURCES:%.c=$(BUILD)/debug/obj/%.o)

.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/libnetlayers.a $(BUILD)/libnetlayers.so examples

examples: $(EXAMPLES:%=$(BUILD)/examples/%)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -c -o $@ $<

$(BUILD)/libnetlayers.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libnetlayers.so.$(VERSION): $(SHARED)
	$(CC) -shared -Wl,-soname,libnetlayers.so.$(SOVERSION) $(LDFLAGS) -o $@ $^

$(BUILD)/libnetlayers.so: $(BUILD)/libnetlayers.so.$(VERSION)
	ln -sf $(<F) $(BUILD)/libnetlayers.so.$(SOVERSION)
	ln -sf libnetlayers.so.$(SOVERSION) $@

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libnetlayers.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# Course builds: to be stepped through.
debug: $(EXAMPLES:%=$(BUILD)/debug/%)

$(BUILD)/debug/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(WARN) -O0 -g3 -c -o $@ $<

$(BUILD)/debug/libnetlayers.a: $(COURSE)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/debug/%: $(BUILD)/debug/obj/examples/%.o $(BUILD)/debug/libnetlayers.a
	@mkdir -p $(@D)
	$(CC) -static -g3 -o $@ $^

# Tests without privilege: one CUnit program a file.
$(BUILD)/obj/tests/%.o: CPPFLAGS += -Itests
$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/tests/support/unit.o $(BUILD)/libnetlayers.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcunit

unit: $(UNITS:%=$(BUILD)/tests/%)
	@for t in $^; do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

.PHONY: all examples debug unit clean

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
