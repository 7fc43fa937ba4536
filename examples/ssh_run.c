/* SPDX-License-Identifier: MIT */
/*
 * ssh_run USER@HOST[:PORT] COMMAND: logs in at an SSH server and runs one command there.
 * The lesson: four steps on top of TCP: keys; whose key is it; who are you; a channel. The login is
 * by the key in the file $SSH_KEY, and without it by a password: the first line of the file
 * $SSH_PASSWORD_FILE, or asked for. Keys of known hosts are in the file $SSH_KNOWN_HOSTS (here:
 * ssh_known_hosts); an unknown one is shown, and refused unless you say yes, or SSH_ACCEPT=yes did.
 * Watch NETLAYERS=trace=text SSH_KEY=id_ed25519 ./ssh_run me@localhost 'cat; exit 3' <file: after
 * ssh.keys nobody can read ssh.login; ssh.window (trace.application=all) is TCP's, a floor up.
 * Try next: 'kill -9 $$'; change a letter of the key in ssh_known_hosts.
 */
#include <netlayers.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whose key is it? A person answers, once; then it stands in the file. */
static int know_host(struct netl_ssh *ssh)
{
    const char *said = getenv("SSH_ACCEPT");
    char answer[8] = "";
    if (netl_ssh_info(ssh)->host_key_state == NETL_SSH_HOST_KNOWN)
        return 0;
    fprintf(stderr, "unknown host; its key is %s\n", netl_ssh_info(ssh)->fingerprint);
    if (!said && netl_ssh_ask("is that its key? (yes or no) ", false, answer, sizeof answer) < 0)
        return netl_explain(stderr);
    if (strcmp(said ? said : answer, "yes") == 0)
        return netl_ssh_accept_host(ssh, true) < 0 ? netl_explain(stderr) : 0;
    fprintf(stderr, "application: log in: the host is not known; say SSH_ACCEPT=yes if it is\n");
    return 1;
}

static int log_in_with_password(struct netl_ssh *ssh, const char *user)
{
    char password[1026] = "";
    const char *path = getenv("SSH_PASSWORD_FILE");
    FILE *file = path ? fopen(path, "r") : NULL;
    const char *line = file ? fgets(password, sizeof password, file) : NULL;
    if (file)
        fclose(file);
    if (path && !line) {
        fprintf(stderr, "application: log in: no line can be read from $SSH_PASSWORD_FILE\n");
        return 1;
    }
    if (!path && netl_ssh_ask("password: ", true, password, sizeof password) < 0)
        return NETL_ERROR_CLOSED;
    password[strcspn(password, "\r\n")] = '\0';
    int result = netl_ssh_login_password(ssh, user, password);
    netl_ssh_wipe(password, sizeof password);
    return result;
}

static int log_in(struct netl_ssh *ssh, const char *user)
{
    const char *path = getenv("SSH_KEY");
    struct netl_ssh_key *key = path ? netl_ssh_key_read(path) : NULL;
    int result = key ? netl_ssh_login_key(ssh, user, key) : NETL_ERROR_FILE;
    if (!path)
        result = log_in_with_password(ssh, user);
    netl_ssh_key_free(key);
    return result;
}

static int run(struct netl_ssh *ssh, const char *command)
{
    /* [run] */
    struct netl_ssh_streams streams = {.input = 0, .output = 1, .errors = 2};
    struct netl_ssh_exit how;
    if (netl_ssh_run(ssh, command, &streams, &how) < 0)
        return netl_explain(stderr);
    /* [run] */
    if (!how.has_status)
        fprintf(stderr, "the command was killed by signal %s\n", *how.signal ? how.signal : "?");
    return how.has_status ? (int)how.status : 128;
}

int main(int argc, char **argv)
{
    const char *known = getenv("SSH_KNOWN_HOSTS");
    struct netl_ssh_options options = {.crypto = netl_ssh_libcrypto(),
                                       .known_hosts = known ? known : "ssh_known_hosts"};
    struct netl_ssh_target target;
    struct netl_ssh *ssh = NULL;
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    int result = 2;
    if (argc != 3)
        fprintf(stderr, "usage: ssh_run USER@HOST[:PORT] COMMAND\n");
    else if (!host || netl_ssh_target_parse(&target, argv[1]) < 0 ||
             !(ssh = netl_ssh_connect(host, target.host, target.port, &options)) ||
             netl_ssh_is_ready(ssh) < 0)
        result = netl_explain(stderr);
    else if ((result = know_host(ssh)) == 0) {
        result = log_in(ssh, target.user);
        fputs(netl_ssh_info(ssh)->banner, stderr); /* what it says to whoever comes */
        result = result < 0 ? netl_explain(stderr) : result ? result : run(ssh, argv[2]);
    }
    netl_ssh_close(ssh);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
