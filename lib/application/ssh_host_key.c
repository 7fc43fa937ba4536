/* SPDX-License-Identifier: MIT */
/*
 * Whose key is it? A signature proves that the peer has the key; only a file of known hosts, or a
 * person, can tell that the key is the server's. (RFC 4251 section 4.1)
 *
 * Always true: a host of which another key is known is refused, whatever the caller would accept.
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KNOWN_HOSTS_MAX ((size_t)4 * 1024 * 1024)

/* NULL, and failed, when it cannot be read; one that is not there is empty. */
static char *read_known(struct netl_ssh *ssh, size_t *length)
{
    char shown[200], sentence[320];
    struct netl_text out;
    char *text = netl_ssh_read_file(ssh->options.known_hosts, KNOWN_HOSTS_MAX, true, length);

    if (text)
        return text;
    netl_text_begin(&out, sentence, sizeof sentence);
    netl_text_add(&out, "the file of known hosts ");
    netl_text_add(&out, netl_escape(shown, sizeof shown, ssh->options.known_hosts,
                                    strlen(ssh->options.known_hosts)));
    netl_text_add(&out, " cannot be read: ");
    netl_text_add(&out, strerror(errno));
    netl_ssh_fail(ssh, NETL_ERROR_FILE, SSH_REASON_BY_APPLICATION,
                  "name one that you may read; it need not be there yet", sentence);
    return NULL;
}

/* A server that has several keys shows the first that we name, so the known ones come first. */
void netl_ssh_host_key_list(struct netl_ssh *ssh, char *list, size_t size)
{
    struct netl_ssh_bytes all = netl_ssh_text(netl_ssh_host_key_names), name;
    struct netl_text out;
    size_t length = 0;
    char *text = NULL;

    netl_text_begin(&out, list, size);
    if (ssh->options.known_hosts && !(text = read_known(ssh, &length)))
        return;
    for (unsigned known = 0; known < 2; known++) {
        for (size_t at = 0; netl_ssh_next_name(all, &at, &name);) {
            bool is_known = text && netl_ssh_known_type(text, length, ssh->options.crypto,
                                                        ssh->file_name, netl_ssh_key_type(name));
            if (is_known == known)
                continue; /* known ones in the first round */
            if (out.length > 0)
                netl_text_char(&out, ',');
            netl_text_bytes(&out, (const char *)name.bytes, name.length);
        }
    }
    free(text);
}

static void refuse_changed(struct netl_ssh *ssh, enum ssh_known known, unsigned line)
{
    char shown[100], sentence[320];
    struct netl_text out;

    netl_event(ssh->host, SSH_HOST_CHANGED, NULL, NETL_TEXT("key", ssh->fingerprint),
               NETL_NUMBER("line", line), NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_text_begin(&out, sentence, sizeof sentence);
    netl_text_add(&out, known == SSH_KNOWN_REVOKED
                            ? "THE HOST'S KEY IS REVOKED! It shows "
                            : "THE HOST'S KEY IS NOT THE KNOWN ONE! It shows ");
    netl_text_add(&out, ssh->fingerprint);
    netl_text_add(&out, ", and line ");
    netl_text_number(&out, line);
    netl_text_add(&out, " of ");
    netl_text_add(&out, netl_escape(shown, sizeof shown, ssh->options.known_hosts,
                                    strlen(ssh->options.known_hosts)));
    netl_text_add(&out, known == SSH_KNOWN_REVOKED ? " forbids it" : " another");
    netl_ssh_fail(ssh, NETL_ERROR_PERMISSION, SSH_REASON_HOST_KEY_NOT_VERIFIABLE,
                  "somebody may be in between; ask the host's owner, and only then remove the line",
                  sentence);
}

static void report(struct netl_ssh *ssh, const char *state)
{
    netl_event(ssh->host, SSH_HOST_KEY, NULL,
               NETL_TEXT("algorithm", ssh->picked[SSH_LIST_HOST_KEY]),
               NETL_TEXT("key", ssh->fingerprint), NETL_TEXT("known", state),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
}

bool netl_ssh_host_key_judge(struct netl_ssh *ssh)
{
    struct netl_ssh_bytes blob = {ssh->host_blob, ssh->host_blob_length};
    size_t length = 0;
    unsigned line = 0;

    if (!netl_ssh_fingerprint(ssh->options.crypto, blob, ssh->fingerprint)) {
        netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, 0, NULL, "the hash failed");
        return false;
    }
    if (!ssh->options.known_hosts) {
        report(ssh, "unchecked");
        return true;
    }
    char *text = read_known(ssh, &length);
    if (!text)
        return false;
    enum ssh_known known =
        netl_ssh_known_find(text, length, ssh->options.crypto, ssh->file_name, blob, &line);
    free(text);
    if (known != SSH_KNOWN && known != SSH_KNOWN_NOT) {
        refuse_changed(ssh, known, line);
        return false;
    }
    ssh->info.host_key_state = known == SSH_KNOWN ? NETL_SSH_HOST_KNOWN : NETL_SSH_HOST_UNKNOWN;
    report(ssh, known == SSH_KNOWN ? "yes" : "no");
    return true;
}

/* ── a person agreed ────────────────────────────────────────────────────────────────────── */

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Gives an error number. */
static int append(const char *path, const char *line, size_t length)
{
    size_t old_length = 0;
    char *old = netl_ssh_read_file(path, KNOWN_HOSTS_MAX, true, &old_length);
    bool torn = old && old_length > 0 && old[old_length - 1] != '\n';
    int fd = old ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    int error = fd < 0 ? errno : 0;

    free(old);
    if (fd < 0)
        return error;
    if (torn)
        error = write_all(fd, "\n", 1);
    if (!error)
        error = write_all(fd, line, length);
    if (close(fd) != 0 && !error)
        error = errno;
    return error;
}

static int remember(struct netl_ssh *ssh)
{
    char room[SSH_NAME_MAX + 64 + SSH_BLOB_MAX * 4 / 3 + 8], base64[SSH_BLOB_MAX * 4 / 3 + 8];
    struct netl_ssh_bytes blob = {ssh->host_blob, ssh->host_blob_length};
    struct ssh_reader reader = netl_ssh_reader(blob.bytes, blob.length);
    struct netl_ssh_bytes type = netl_ssh_read_string(&reader);
    struct netl_text line;
    char shown[200];

    netl_ssh_base64(base64, sizeof base64, blob);
    netl_text_begin(&line, room, sizeof room);
    netl_text_add(&line, ssh->file_name);
    netl_text_char(&line, ' ');
    netl_text_bytes(&line, (const char *)type.bytes, type.length);
    netl_text_char(&line, ' ');
    netl_text_add(&line, base64);
    while (strlen(base64) % 4 != 0) { /* files have the padding that fingerprints lack */
        netl_text_char(&line, '=');
        memcpy(base64 + strlen(base64), "=", 2);
    }
    netl_text_char(&line, '\n');
    int error = append(ssh->options.known_hosts, room, line.length);
    if (!error)
        return 0;
    return netl_fail_system(NETL_APPLICATION, error, "name a file that you may write",
                            "remember the host's key in %s",
                            netl_escape(shown, sizeof shown, ssh->options.known_hosts,
                                        strlen(ssh->options.known_hosts)));
}

int netl_ssh_accept_host(struct netl_ssh *ssh, bool also_remember)
{
    if (ssh->error)
        return netl_ssh_say(ssh);
    if (ssh->info.stage < NETL_SSH_READY)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "no key is there yet",
                                 "wait until the key exchange is over", "%s", ssh->doing);
    ssh->host_accepted = true;
    bool known = ssh->info.host_key_state == NETL_SSH_HOST_KNOWN;
    if (!known)
        report(ssh, "accepted");
    return also_remember && !known && ssh->options.known_hosts ? remember(ssh) : 0;
}
