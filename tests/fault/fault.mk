# Fault injection: every system call and every allocation of the library fails once, in turn.

FAULT_WRAPPED = malloc calloc realloc free socket bind listen shutdown setsockopt getsockopt \
    getsockname accept accept4 recvmsg sendto connect recv send sendmsg getaddrinfo epoll_create1 \
    epoll_ctl epoll_wait poll pipe fstat stat lstat fstatat rename renameat mkdirat pread pwrite \
    ftruncate sendfile \
    fdopendir readdir read write close open openat fcntl ioctl
FAULT_OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fault/*.c))

.PHONY: fault

$(BUILD)/fault: LDLIBS += $(CRYPTO)
$(BUILD)/fault: $(FAULT_OBJECTS) $(BUILD)/libnetlayers.a $(BUILD)/libnetlayers-crypto.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(FAULT_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LDLIBS)

# The parts mostly wait, for what a failure has lost, so all go at once.
fault: $(BUILD)/fault ## every system call and allocation fails once, in turn
	@$(BUILD)/fault list | xargs -P 8 -n 1 $(BUILD)/fault
	@NETLAYERS_POLLER=poll $(BUILD)/fault handlers
