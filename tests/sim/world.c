/* SPDX-License-Identifier: MIT */
/*
 * Carries one plan out: clients and a server on a switch, programs that check every byte, faults
 * for some time, and then peace, in which every connection must come to its end.
 */
#include "sim/sim.h"

#include "lab/lab.h"
#include "link/driver.h"
#include "transport/congestion.h"
#include <netlayers/error.h>
#include <netlayers/host.h>
#include <stdio.h>
#include <string.h>

#define PORT      80
#define PEACE_MS  900000 /* after the faults, all is over within this: 120 s of RTO, probes, 2 MSL */
#define ENDPOINTS (4 * SIM_CONNECTIONS)

/* A program at one end of a connection: sends `total` bytes, reads to the end, closes. */
struct program {
    struct netl_tcp *conn; /* NULL when it has closed it */
    bool used, client, paused;
    uint16_t port; /* the client's: names the connection */
    uint32_t total, written, received;
    bool got_end, finished;
    int error;
};

static struct {
    struct sim_plan plan;
    struct netl_random random;
    struct netl_lab *lab;
    struct netl_host *client, *server;
    struct netl_tcp_listener *listener;
    struct program programs[ENDPOINTS];
    const char *wrong; /* the first rule that was broken */
    bool excuses;      /* a fault that lets connections fail */
    bool peace;
    struct sim_figures figures;
} world;

void sim_figures_get(struct sim_figures *figures)
{
    *figures = world.figures;
    figures->most_bytes = sim_rules_most_bytes();
}

/* ── what they say to each other ──────────────────────────────────────────────────────────── */

static uint8_t byte_at(const struct program *program, bool from_client, uint32_t offset)
{
    return (uint8_t)((offset * 31u) ^ (offset >> 8) ^ program->port ^ (from_client ? 0x5au : 0u));
}

/* How much this side of a connection sends. */
static uint32_t total_of(uint16_t port, bool from_client)
{
    return (uint32_t)((uint64_t)world.plan.bytes * ((port + (from_client ? 0u : 3u)) % 5u) / 4);
}

static void fail(const struct program *program, const char *what)
{
    if (!world.wrong)
        world.wrong =
            sim_say("the %s's program of port %u: %s (sent %u of %u, received %u of %u)",
                    program->client ? "client" : "server", program->port, what, program->written,
                    program->total, program->received, total_of(program->port, !program->client));
}

static void finish(struct program *program)
{
    if (program->conn && program->got_end && program->finished) {
        netl_tcp_close(program->conn);
        program->conn = NULL;
        world.figures.ended += program->client;
    }
}

static void closed(struct netl_tcp *conn, int error, void *context)
{
    struct program *program = context;

    program->error = error;
    world.figures.failed += program->client;
    program->conn = NULL;
    netl_tcp_close(conn);
    if (!world.excuses)
        fail(program, netl_error_name(error));
}

static void write_some(struct netl_tcp *conn, void *context)
{
    struct program *program = context;
    bool tiny = world.plan.faults & SIM_TINY_WRITES;
    uint8_t bytes[4000];

    while (program->conn && program->written < program->total) {
        uint64_t most = tiny && netl_random_below(&world.random, 2) ? 3 : sizeof bytes;
        uint32_t size = 1 + (uint32_t)netl_random_below(&world.random, most);
        if (size > program->total - program->written)
            size = program->total - program->written;
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = byte_at(program, program->client, program->written + i);
        long n = netl_tcp_write(conn, bytes, size);
        if (n < 0) { /* short memory and a full buffer: it is tried again later */
            if (n != NETL_ERROR_AGAIN && n != NETL_ERROR_MEMORY)
                closed(conn, (int)n, program);
            return;
        }
        program->written += (uint32_t)n;
        if ((uint32_t)n < size)
            return;
    }
    if (!program->finished && program->conn && netl_tcp_shutdown(conn) == 0)
        program->finished = true;
    finish(program);
}

static void read_some(struct netl_tcp *conn, void *context)
{
    struct program *program = context;
    uint8_t bytes[3000];
    long n = 0;

    for (int round = 0; round < 4 && program->conn; round++) {
        n = netl_tcp_read(conn, bytes, 1 + netl_random_below(&world.random, sizeof bytes));
        if (n <= 0)
            break;
        for (uint32_t i = 0; i < (uint32_t)n; i++)
            if (bytes[i] != byte_at(program, !program->client, program->received + i)) {
                fail(program, "a byte is not what was sent");
                return;
            }
        program->received += (uint32_t)n;
        world.figures.bytes += (uint32_t)n;
        if (program->received > total_of(program->port, !program->client))
            fail(program, "more came than was sent");
    }
    if (n < 0 && n != NETL_ERROR_AGAIN && program->conn)
        closed(conn, (int)n, program);
    if (n == 0 && program->conn) {
        program->got_end = true;
        if (program->received != total_of(program->port, !program->client))
            fail(program, "the end came before the last byte");
        write_some(conn, program);
    }
}

static const struct netl_tcp_handlers handlers = {write_some, read_some, write_some, closed};

static void set_up(struct program *program, struct netl_tcp *conn, bool client)
{
    struct netl_endpoint name = {.port = 0};

    *program = (struct program){.conn = conn, .used = true, .client = client};
    if (client)
        netl_tcp_local(conn, &name);
    else
        netl_tcp_remote(conn, &name);
    program->port = name.port;
    program->total = total_of(name.port, client);
    netl_tcp_set(conn, NETL_TCP_KEEPALIVE, 10);
    if (netl_random_below(&world.random, 2) || (world.plan.faults & SIM_TINY_WRITES))
        netl_tcp_set(conn, NETL_TCP_NODELAY, 1);
    if (world.plan.faults & SIM_SMALL_BUFFERS)
        netl_tcp_set(conn, NETL_TCP_SEND_BUFFER, 4096);
    if (world.plan.faults &
        (SIM_SMALL_BUFFERS | SIM_GREEDY)) /* there must be an end to its window */
        netl_tcp_set(conn, NETL_TCP_RECEIVE_BUFFER, 2048);
}

static struct program *new_program(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (!world.programs[i].used)
            return &world.programs[i];
    return NULL;
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    struct program *program = new_program();

    (void)listener;
    (void)context;
    if (!program) {
        netl_tcp_abort(conn);
        return;
    }
    set_up(program, conn, false);
    if (netl_tcp_handle(conn, &handlers, program) == 0)
        write_some(conn, program);
}

/* ── hosts and wires ──────────────────────────────────────────────────────────────────────── */

static void settle(struct netl_host *host)
{
    static const struct congestion_calls *const algorithms[] = {
        &netl_congestion_cubic, &netl_congestion_reno, &netl_congestion_none};
    struct netl_own_transport *own = host->transport->own;

    if (world.plan.faults & SIM_NUMBERS_WRAP) { /* the next first numbers are near the end */
        own->settings.break_isn = true;
        own->broken_isn = UINT32_MAX - 64000 - (uint32_t)netl_random_below(&world.random, 30000);
    }
    if (world.plan.faults & SIM_GREEDY) { /* windows that are reached, from the first on */
        own->settings.receive_first_bytes = 2048;
        own->settings.receive_max_bytes = 2048 + (uint32_t)netl_random_below(&world.random, 4000);
    }
    if (world.plan.faults & SIM_SWITCHES) {
        uint64_t coins = netl_random_next(&world.random);
        own->settings.nagle = coins & 1;
        own->settings.delayed_ack = coins & 2;
        own->settings.sack = coins & 4;
        own->settings.window_scaling = coins & 8;
        own->settings.timestamps = coins & 16;
        own->settings.fast_retransmit = coins & 32;
        own->settings.rack = coins & 128;
        own->settings.tail_probe = coins & 1u << 24;
        struct netl_link *link = netl_lab_link(world.lab, host->name, 0);
        if (link)
            link->in_bursts = coins & 64;
        own->settings.congestion = algorithms[coins >> 8 & 0xff ? (coins >> 16) % 3 : 0];
    }
}

static bool listen_there(const char *name)
{
    world.server = netl_lab_find(world.lab, name);
    if (!world.server)
        return false;
    settle(world.server);
    world.listener = netl_tcp_listen(world.server, NULL, PORT, 64);
    return world.listener && netl_tcp_listener_handle(world.listener, accepted, NULL) == 0;
}

static void connect_one(void)
{
    struct netl_endpoint remote = {.port = PORT};
    struct program *program = new_program();

    if (!program || !netl_address_parse(&remote.address, "10.0.0.2"))
        return;
    /* The handlers ask for `conn` and `total`, which are set before any of them is called. */
    struct netl_tcp *conn = netl_tcp_open(world.client, &remote, &handlers, program);
    if (conn)
        set_up(program, conn, true);
    else if (!world.excuses)
        world.wrong = "a connection cannot be opened";
}

/* Moves the clock to just before the next connection's timestamps wrap (RFC 7323 section 5.4). */
static void near_the_end_of_the_clock(void)
{
    static const struct netl_tcp_handlers deaf = {0};
    struct netl_random before = world.client->random;
    struct netl_endpoint remote = {.port = PORT};

    if (!netl_address_parse(&remote.address, "10.0.0.2"))
        return;
    struct netl_tcp *conn = netl_tcp_open(world.client, &remote, &deaf, NULL);
    if (!conn)
        return;
    uint32_t left = UINT32_MAX - netl_tcp_now_ticks(tcb_of(conn));
    netl_tcp_abort(conn);
    netl_lab_run(world.lab, NULL, NULL, 70000);
    world.client->random = before; /* the same port again, hence the same offset */
    if (left > 75000)
        netl_clock_advance(&world.lab->host->clock,
                           netl_lab_now_ns(world.lab) + (int64_t)(left - 75000) * TCP_TICK_NS);
    netl_lab_run(world.lab, NULL, NULL, 4000); /* timers of the long time in between */
    world.client->random = before;
}

/* ── faults ───────────────────────────────────────────────────────────────────────────────── */

static void disturb(struct netl_wire *wire)
{
    struct netl_random *random = &world.random;
    uint32_t faults = world.plan.faults;
    char text[256];
    unsigned loss = faults & SIM_LOSS ? (unsigned)netl_random_below(random, 51) : 0;

    if (loss > 0 && netl_random_below(random, 2))
        loss = loss / 10 + 1; /* half of the time a modest one */
    snprintf(text, sizeof text,
             "delay=%ums jitter=%ums loss=%u%% burst=%u reorder=%u%% reorder.by=%ums "
             "duplicate=%u%% corrupt=%u%% truncate=%u%% rate=%s queue=%u",
             1 + (unsigned)netl_random_below(random, 40),
             faults & SIM_JITTER ? 1 + (unsigned)netl_random_below(random, 50) : 0, loss,
             faults & SIM_BURST ? 2 + (unsigned)netl_random_below(random, 8) : 0,
             faults & SIM_REORDER ? 1 + (unsigned)netl_random_below(random, 30) : 0,
             1 + (unsigned)netl_random_below(random, 100),
             faults & SIM_DUPLICATE ? 1 + (unsigned)netl_random_below(random, 30) : 0,
             faults & SIM_CORRUPT ? 1 + (unsigned)netl_random_below(random, 20) : 0,
             faults & SIM_TRUNCATE ? 1 + (unsigned)netl_random_below(random, 20) : 0,
             faults & SIM_SLOW_WIRE ? "500kbit" : "1gbit", faults & SIM_SLOW_WIRE ? 8u : 1000u);
    if (netl_lab_impair(wire, text) < 0 && !world.wrong)
        world.wrong = sim_say("the wire does not understand %s", text);
}

static void reboot(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (world.programs[i].used && !world.programs[i].client)
            world.programs[i].conn = NULL;
    netl_host_close(world.server);
    world.server = NULL;
    if (!netl_lab_host(world.lab, "again", "address=10.0.0.2/24") ||
        !netl_lab_wire(world.lab, "again", "hub", "delay=3ms") || !listen_there("again"))
        world.wrong = sim_say("the server did not come up again: %s", netl_error_text());
}

/* What programs do from time to time: lose patience, stop to read, go on. */
static void tick_programs(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct program *program = &world.programs[i];
        bool pause = !world.peace && (world.plan.faults & SIM_SLOW_READER) &&
                     netl_random_below(&world.random, 2);
        if (!program->conn)
            continue;
        if (!world.peace && (world.plan.faults & SIM_ABORT) &&
            netl_random_below(&world.random, 60) == 0) {
            netl_tcp_abort(program->conn);
            program->conn = NULL;
            continue;
        }
        if (pause != program->paused && netl_tcp_want_received(program->conn, !pause) == 0)
            program->paused = pause;
        if (world.plan.faults & SIM_MEMORY) /* what failed for want of memory is tried again */
            write_some(program->conn, program);
    }
}

/* ── running ──────────────────────────────────────────────────────────────────────────────── */

/*
 * One of the client's connections sends a little more than the server's window takes. Not much more:
 * until the rest has been sent again, its ACKs lie beyond the window too, and count for nothing.
 */
static void become_greedy(void)
{
    uint64_t first = netl_random_below(&world.random, ENDPOINTS);
    uint32_t more = 1 + (uint32_t)netl_random_below(&world.random, 600);
    bool now = netl_random_below(&world.random, 8) == 0;

    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct program *program = &world.programs[(first + i) % ENDPOINTS];
        if (!program->conn || !program->client)
            continue;
        struct tcb *tcb = tcb_of(program->conn);
        uint32_t left = tcb_end(tcb) - tcb->snd_nxt;
        bool last = tcb->fin_queued && !tcb->fin_sent && left < 1000; /* FIN goes too far */
        if (tcb->state >= NETL_TCP_ESTABLISHED && (now || last)) {
            tcb->snd_wnd += more;
            netl_tcp_output(tcb);
        }
        return;
    }
}

static int after_each_event(void *context)
{
    uint32_t faults = world.plan.faults;

    (void)context;
    world.figures.events++;
    if ((faults & SIM_GREEDY) && !world.peace && !world.wrong)
        become_greedy();
    if (!world.wrong)
        world.wrong = sim_rules_check(world.client, world.server, faults);
    if (!world.wrong && world.server)
        world.wrong = sim_rules_check(world.server, world.client, faults & ~(uint32_t)SIM_GREEDY);
    return world.wrong != NULL;
}

static bool all_is_over(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (world.programs[i].conn)
            return false;
    return world.client->transport->own->tcb_count == 0 &&
           (!world.server || world.server->transport->own->tcb_count == 0);
}

static void run_ms(int64_t milliseconds)
{
    if (!world.wrong && after_each_event(NULL) == 0) /* programs have done something, too */
        (void)netl_lab_run(world.lab, after_each_event, NULL, milliseconds);
}

static void faults_happen(void)
{
    uint32_t slices = 20, opened = 0;
    struct netl_wire *wire = netl_lab_find_wire(world.lab, "server-hub");
    uint32_t off = 5 + (uint32_t)netl_random_below(&world.random, 10);

    disturb(netl_lab_find_wire(world.lab, "client-hub"));
    if (world.plan.faults & SIM_MEMORY)
        sim_memory_fails(20 + (uint32_t)netl_random_below(&world.random, 500), world.plan.seed);
    for (uint32_t slice = 0; slice < slices && !world.wrong; slice++) {
        if (opened < world.plan.connections &&
            (slice == 0 || netl_random_below(&world.random, 2))) {
            connect_one();
            opened++;
        }
        if ((world.plan.faults & SIM_CUT) && slice == off)
            netl_lab_cut(wire);
        if ((world.plan.faults & SIM_CUT) && slice == off + 3)
            netl_lab_heal(wire);
        if ((world.plan.faults & SIM_REBOOT) && slice == off + 1) {
            sim_memory_fails(0, 0);
            reboot();
        }
        tick_programs();
        run_ms(world.plan.milliseconds / slices + 1);
    }
    sim_memory_fails(0, 0);
}

static void peace_comes(void)
{
    int64_t end_ns = netl_lab_now_ns(world.lab) + INT64_C(1000000) * PEACE_MS;
    static const char good[] = "delay=5ms jitter=0ms loss=0% burst=0 reorder=0% duplicate=0% "
                               "corrupt=0% truncate=0% rate=1gbit queue=1000";

    world.peace = true;
    if (netl_lab_impair(netl_lab_find_wire(world.lab, "client-hub"), good) < 0)
        world.wrong = "the wire does not understand peace";
    while (!world.wrong && !all_is_over() && netl_lab_now_ns(world.lab) < end_ns) {
        tick_programs();
        run_ms(500);
    }
    for (unsigned i = 0; i < ENDPOINTS && !world.wrong; i++)
        if (world.programs[i].conn)
            fail(&world.programs[i], netl_tcp_state_name(tcb_of(world.programs[i].conn)->state));
    if (!world.wrong && !all_is_over())
        world.wrong = sim_say("connections linger: %u at the client, %u at the server",
                              world.client->transport->own->tcb_count,
                              world.server->transport->own->tcb_count);
}

const char *sim_run(const struct sim_plan *plan)
{
    static const char network[] = "host client address=10.0.0.1/24\n"
                                  "host server address=10.0.0.2/24\n"
                                  "switch hub\n"
                                  "wire client hub delay=1ms mtu=%u\n"
                                  "wire server hub delay=1ms\n";
    char spec[64], text[sizeof network + 8];
    unsigned mtu = 1500;

    memset(&world, 0, sizeof world);
    sim_rules_begin();
    world.plan = *plan;
    world.excuses = (plan->faults & (SIM_ABORT | SIM_REBOOT | SIM_MEMORY)) != 0;
    netl_random_seed(&world.random, plan->seed);
    if (plan->faults & SIM_ODD_SEGMENTS)
        mtu = 105 + (unsigned)netl_random_below(&world.random, 1396);
    snprintf(text, sizeof text, network, mtu);
    snprintf(spec, sizeof spec, "seed=%llu", (unsigned long long)(plan->seed & 0x7fffffff));
    world.lab = netl_lab_open(spec);
    if (!world.lab || netl_lab_build(world.lab, text) < 0 || !listen_there("server") ||
        !(world.client = netl_lab_find(world.lab, "client"))) {
        netl_lab_close(world.lab);
        return sim_say("the lab does not open: %s", netl_error_text());
    }
    settle(world.client);
    if (plan->faults & SIM_CLOCK_WRAPS)
        near_the_end_of_the_clock();
    faults_happen();
    peace_comes();
    netl_lab_close(world.lab);
    return world.wrong;
}
