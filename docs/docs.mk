# The documentation, in English and in Korean. The Makefile includes this file; it uses $(BUILD),
# $(VERSION), $(CPPFLAGS_ALL), $(CFLAGS) and the static library.
#
# What is generated (pictures of the headers and of the layers, the index of events, the pages of
# the examples) goes to $(BUILD)/docs/generated, and the two sets of pages to
# $(BUILD)/docs/en/html and $(BUILD)/docs/ko/html. Nothing is written beside the sources.

DOCS       = $(BUILD)/docs
DOCS_TOOLS = $(patsubst docs/tools/%.c,$(DOCS)/tools/%,$(wildcard docs/tools/*.c))
DOXYGEN   ?= doxygen

$(DOCS)/tools/%: docs/tools/%.c $(BUILD)/libnetlayers.a
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libnetlayers.a

docs: $(DOCS_TOOLS) ## the documentation, in build/docs/en/html and build/docs/ko/html
	@CC='$(CC)' DOXYGEN='$(DOXYGEN)' NETL_DOCS='$(DOCS)' NETL_VERSION='$(VERSION)' docs/build.sh

.PHONY: docs
