# What `make check` and its stricter sisters do.
#
# Each sister builds into a folder of its own under $(BUILD), so that none disturbs another.

UNITS   := $(notdir $(basename $(wildcard tests/unit/*_test.c)))
FUZZERS := $(notdir $(basename $(wildcard tests/fuzz/*_fuzz.c)))
SUPPORT := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))
SYSTEMS := $(sort $(wildcard tests/system/*.sh))
C_FILES := $(wildcard lib/*/*.[ch] include/*.h include/netlayers/*.h include/netlayers/*/*.h \
    examples/*.[ch] examples/*/*.c examples/*/*.cpp tests/*/*.[ch] docs/tools/*.c)

FUZZ_SECONDS ?= 10
CLANG        ?= clang
RUN           = BUILD='$(abspath $(BUILD))' CC='$(CC)' CXX='$(CXX)' tests/run.sh

.PHONY: check unit tests check-sanitize check-valgrind check-clang check-musl check-tidy \
    check-cppcheck check-format fuzz fuzz-build

$(BUILD)/obj/tests/%.o: INCLUDES = -Itests

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT) $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcunit $(LDLIBS)

# Who tests SSH is linked with what it wants of libcrypto.
SSH_TESTS = $(patsubst %,$(BUILD)/tests/%,$(filter ssh_%,$(UNITS))) \
    $(patsubst %,$(BUILD)/%,$(filter ssh_%,$(FUZZERS)))
$(SSH_TESTS): $(BUILD)/libnetlayers-crypto.a
$(SSH_TESTS): LDLIBS += $(CRYPTO)

tests: $(UNITS:%=$(BUILD)/tests/%)

# The rules of the repository, the units, the faults, and then the whole against real peers.
check: all debug tests ## every test that can run here
	@$(RUN) tests/headers_test.sh tests/layers_test.py tests/clauses_test.py tests/words_test.py $(UNITS:%=$(BUILD)/tests/%) \
	    $(if $(wildcard tests/fault/fault.mk),'fault=$(MAKE) -s fault') $(SYSTEMS)

unit: tests ## the unit tests alone
	@$(RUN) $(UNITS:%=$(BUILD)/tests/%)

check-sanitize: ## unit tests under the address and undefined-behaviour sanitizers
	@UBSAN_OPTIONS=print_stacktrace=1 $(MAKE) BUILD=$(BUILD)/sanitize unit \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'

check-valgrind: tests ## unit tests under valgrind
	@RUN_UNDER='valgrind -q --leak-check=full --errors-for-leak-kinds=definite,possible --error-exitcode=99 --track-fds=no' \
	    $(RUN) $(UNITS:%=$(BUILD)/tests/%)

check-clang: ## everything compiles with clang, without a warning
	@$(MAKE) BUILD=$(BUILD)/clang CC=$(CLANG) CI=true all tests

# musl brings no kernel headers: the system's stand behind its own. Its CMSG_NXTHDR mixes signs.
MULTIARCH = $(shell $(CC) -print-multiarch 2>/dev/null)
check-musl: ## library and examples with musl, static
	@$(MAKE) BUILD=$(BUILD)/musl CC=musl-gcc CI=true LDFLAGS=-static \
	    CPPFLAGS='-Wno-sign-conversion -idirafter /usr/include $(MULTIARCH:%=-idirafter /usr/include/%)' \
	    $(BUILD)/musl/libnetlayers.a examples

check-tidy: $(BUILD)/compile_commands.json ## clang-tidy, as .clang-tidy says
	@printf '%s\n' $(SOURCES) $(if $(CRYPTO),lib/crypto/libcrypto.c) $(EXAMPLES:%=examples/%.c) | \
	    xargs -P "$$(getconf _NPROCESSORS_ONLN)" -n 6 clang-tidy -p $(BUILD) --quiet \
	    --warnings-as-errors='*' 2>&1 | { ! grep -v -e ' warnings\? generated\.$$' \
	    -e '^Suppressed ' -e '^Use -header-filter'; }

check-cppcheck: ## cppcheck, with .cppcheck-suppressions
	@mkdir -p $(BUILD)/cppcheck
	@cppcheck -q -j "$$(getconf _NPROCESSORS_ONLN)" --cppcheck-build-dir=$(BUILD)/cppcheck \
	    --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	    --suppressions-list=.cppcheck-suppressions --error-exitcode=1 \
	    -D_POSIX_C_SOURCE=200809L -D__linux__ -Iinclude -Ilib $(SOURCES) $(EXAMPLES:%=examples/%.c)

check-format: ## clang-format has nothing to change
	@clang-format --dry-run -Werror $(C_FILES)

# Every parser is thrown at random bytes; what makes one fall stays in $(BUILD)/fuzz/found.
FUZZ_FLAGS = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
    -fsanitize=address,undefined

fuzz: ## every parser against random bytes, FUZZ_SECONDS=10 each
	@$(MAKE) BUILD=$(BUILD)/fuzz CC=$(CLANG) CFLAGS='$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link' \
	    fuzz-build
	@mkdir -p $(BUILD)/fuzz/found
	@$(RUN) $(foreach f,$(FUZZERS),'$(f)=mkdir -p $(BUILD)/fuzz/corpus/$(f) && \
	    $(BUILD)/fuzz/$(f) -max_total_time=$(FUZZ_SECONDS) -timeout=5 -max_len=8192 \
	    -artifact_prefix=$(BUILD)/fuzz/found/$(f)- $(BUILD)/fuzz/corpus/$(f)')

fuzz-build: $(FUZZERS:%=$(BUILD)/%)

$(BUILD)/%_fuzz: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(BUILD)/libnetlayers.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)
