/* SPDX-License-Identifier: MIT */
/*
 * A web server: the files of a directory, and one page of its own.
 *
 *     http_server [PORT [DIRECTORY]]        default: 8080 and the current directory
 *
 * The lesson: HTTP is text over one TCP connection. The server never waits for one client; the
 * host's loop calls it when something came, and a handler answers.
 *
 * Watch in the trace (NETLAYERS=trace=text http_server): one connection carries several
 * requests (http.keepalive); the second visit to a file gets 304 without a body
 * (http.notmodified); Ctrl-C refuses new connections but finishes what is being sent (http.stop).
 *
 * Try next: open http://localhost:8080/hello in a browser and post the form; curl -v -r 0-9 for the
 * first ten bytes of a file; printf 'GET / HTTP/1.1\n\n' | nc localhost 8080, and see why 400.
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static struct netl_host *host;

static void on_signal(int number)
{
    (void)number;
    netl_host_stop(host); /* the one call that a signal handler may make */
}

/* GET /hello shows a form, POST /hello answers it. What came from outside is escaped. */
static void hello(struct netl_http_exchange *exchange, void *context)
{
    char name[200], safe[1200], page[2000];
    (void)context;
    int length = snprintf(page, sizeof page,
                          "<!DOCTYPE html><meta charset=\"utf-8\"><title>Hello</title>\n"
                          "<form method=\"post\">Your name: <input name=\"name\" autofocus>"
                          " <button>Send</button></form>\n");
    if (netl_http_form(exchange, "name", name, sizeof name) >= 0) {
        netl_http_escape_html(safe, sizeof safe, name, strlen(name));
        length = snprintf(page, sizeof page,
                          "<!DOCTYPE html><meta charset=\"utf-8\"><title>Hello</title>\n"
                          "<p>Hello, %s!</p>\n",
                          safe);
    }
    if (netl_http_respond(exchange, 200, "text/html; charset=utf-8", page, (size_t)length) < 0)
        netl_explain(stderr);
}

/* Every connection needs a descriptor: take as many as this user may have. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* fewer connections if not, nothing else */
    }
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (argc > 3 || (argc > 1 && *argv[1] == '-')) {
        fprintf(stderr, "usage: http_server [PORT [DIRECTORY]]\n");
        return netl_host_close(host) < 0 ? netl_explain(stderr) : 2;
    }
    int port = argc > 1 ? netl_port_parse(argv[1]) : 8080;
    struct netl_http_server_options options = {.root = argc > 2 ? argv[2] : "."};
    raise_limit();
    struct netl_http_server *server =
        host && port > 0 ? netl_http_server_open(host, NULL, (uint16_t)port, &options) : NULL;
    int result = server ? netl_http_server_handle(server, "GET", "/hello", hello, NULL) : -1;
    if (result == 0)
        result = netl_http_server_handle(server, "POST", "/hello", hello, NULL);
    /* A second Ctrl-C ends the program at once. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (result == 0) {
        /* Where are we? What goes to all hosts of a link carries an address of ours, at every seam. */
        char name[NETL_ADDRESS_TEXT] = "localhost";
        struct netl_address all_hosts = {.family = NETL_IPV4, .bytes = {224, 0, 0, 1}};
        struct netl_route way;
        if (netl_source_address(host, &all_hosts, &way) == 0)
            netl_address_format(&way.source, name);
        printf("serving %s on http://%s:%d/ (Ctrl-C stops)\n", options.root, name, port);
        fflush(stdout);
        result = netl_host_run(host);
    }
    if (result == 0)
        result = netl_http_server_finish(server);
    if (result < 0)
        netl_explain(stderr);
    netl_http_server_close(server);
    netl_host_close(host);
    return result < 0;
}
