/* SPDX-License-Identifier: MIT */
/*
 * simulate: many seeds, as many at a time as there are processors; the first that fails is shrunk.
 *
 *     simulate seeds=2000 first=1 jobs=2
 *     simulate seed=17                       one seed, as its plan says
 *     simulate seed=17 faults=0x3 bytes=100  the same, but smaller: what a failure prints
 *
 * Each attempt is a process of its own, so that one that crashes or hangs is a failure like others.
 */
#include "sim/sim.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH        25
#define JOBS_MAX     16
#define SECONDS_EACH 60 /* of real time: more means that something runs in a circle */
#define SHRINKS      200

/* In a process of its own. True when all is well. */
static bool attempt(const struct sim_plan *plan, bool aloud)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        alarm(SECONDS_EACH);
        if (!aloud && !freopen("/dev/null", "w", stderr))
            _exit(2);
        const char *wrong = sim_run(plan);
        if (wrong)
            fprintf(stderr, "  %s\n", wrong);
        exit(wrong != NULL);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && WIFSIGNALED(status) && aloud)
        fprintf(stderr, "  it ended by signal %d%s\n", WTERMSIG(status),
                WTERMSIG(status) == SIGALRM ? ": it did not come to an end" : "");
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void shrink(struct sim_plan *plan)
{
    struct sim_plan smaller;
    unsigned step = 0;

    for (int i = 0; i < SHRINKS && sim_plan_smaller(plan, &step, &smaller); i++)
        if (!attempt(&smaller, false)) {
            *plan = smaller;
            step = 0;
        }
}

static void tell_failure(struct sim_plan plan)
{
    char text[160];

    sim_plan_text(&plan, text, sizeof text);
    fprintf(stderr, "\nFAILED: %s\n", text);
    attempt(&plan, true);
    shrink(&plan);
    sim_plan_text(&plan, text, sizeof text);
    fprintf(stderr, "The smallest that still fails:\n    simulate %s\n", text);
    attempt(&plan, true);
}

/* A child runs seeds and writes the figures of each when it is done; the first that fails ends it. */
static pid_t start_batch(uint64_t first, uint64_t count, int report)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct sim_plan plan = sim_plan_of(seed);
        alarm(SECONDS_EACH);
        const char *wrong = sim_run(&plan);
        struct sim_figures figures;
        sim_figures_get(&figures);
        if (wrong || write(report, &figures, sizeof figures) != (ssize_t)sizeof figures)
            _exit(1);
    }
    exit(0); /* not _exit: leaks are looked for */
}

struct job {
    pid_t child;
    int report;
    uint64_t next, end; /* seeds still to be told */
};

static bool open_job(struct job *job, uint64_t first, uint64_t count)
{
    int ends[2];

    if (pipe(ends) < 0)
        return false;
    *job = (struct job){.report = ends[0], .next = first, .end = first + count};
    job->child = start_batch(first, count, ends[1]);
    close(ends[1]);
    return job->child > 0;
}

/* Waits for a job. True when all of its seeds were well. */
static bool close_job(struct job *job, struct sim_figures *sum)
{
    struct sim_figures one;
    int status = 0;

    while (read(job->report, &one, sizeof one) == (ssize_t)sizeof one) {
        job->next++;
        sum->events += one.events;
        sum->bytes += one.bytes;
        sum->ended += one.ended;
        sum->failed += one.failed;
        sum->most_bytes = one.most_bytes > sum->most_bytes ? one.most_bytes : sum->most_bytes;
    }
    close(job->report);
    while (waitpid(job->child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && job->next == job->end;
}

static void progress(uint64_t done, uint64_t all)
{
    if (!isatty(STDERR_FILENO))
        return;
    int filled = (int)(done * 40 / all);
    fprintf(stderr, "\r[%.*s%.*s] %" PRIu64 " of %" PRIu64 " seeds", filled,
            "########################################", 40 - filled,
            "........................................", done, all);
    if (done == all)
        fputc('\n', stderr);
}

static int run_many(uint64_t first, uint64_t count, unsigned jobs)
{
    struct job running[JOBS_MAX] = {{0}};
    struct sim_figures sum = {0};
    uint64_t started = 0, done = 0;

    for (unsigned turn = 0; done < count; turn++) {
        struct job *job = &running[turn % jobs];
        if (job->child) {
            uint64_t length = job->end - job->next;
            if (!close_job(job, &sum)) {
                tell_failure(sim_plan_of(job->next < job->end ? job->next : job->end - 1));
                return 1; /* other children end with their batch */
            }
            done += length;
            job->child = 0;
            progress(done, count);
        }
        uint64_t length = count - started < BATCH ? count - started : BATCH;
        if (length && !open_job(job, first + started, length)) {
            perror("simulate");
            return 1;
        }
        started += length;
    }
    printf("simulation: %" PRIu64 " seeds from %" PRIu64
           " on, every rule held after each of %" PRIu64 " events\n    %" PRIu64
           " connections whole, %" PRIu64 " broken by abort, reboot or want "
           "of memory; %" PRIu64 " bytes; at most %" PRIu64 " bytes of memory in one connection\n",
           count, first, sum.events, sum.ended, sum.failed, sum.bytes, sum.most_bytes);
    return 0;
}

/* key=value; what is not a key is an error. */
static bool read_word(const char *word, const char *key, uint64_t *value, bool *given)
{
    size_t length = strlen(key);

    if (strncmp(word, key, length) != 0 || word[length] != '=')
        return false;
    *value = strtoull(word + length + 1, NULL, 0);
    *given = true;
    return true;
}

int main(int argc, char **argv)
{
    static const char *const keys[] = {"seeds",  "first", "jobs",        "seed",
                                       "faults", "bytes", "connections", "milliseconds"};
    uint64_t values[8] = {2000, 1, 2, 0, 0, 0, 0, 0};
    bool given[8] = {false};

    for (int i = 1; i < argc; i++) {
        bool known = false;
        for (int k = 0; k < 8 && !known; k++)
            known = read_word(argv[i], keys[k], &values[k], &given[k]);
        if (!known) {
            fprintf(stderr, "usage: simulate [seeds=N] [first=N] [jobs=N]\n"
                            "       simulate seed=N [faults=MASK] [bytes=N] [connections=N] "
                            "[milliseconds=N]\n");
            return 2;
        }
    }
    unsigned jobs = values[2] < 1 ? 1 : values[2] > JOBS_MAX ? JOBS_MAX : (unsigned)values[2];
    if (!given[3])
        return run_many(values[1], values[0], jobs);
    struct sim_plan plan = sim_plan_of(values[3]);
    plan.faults = given[4] ? (uint32_t)values[4] : plan.faults;
    plan.bytes = given[5] ? (uint32_t)values[5] : plan.bytes;
    plan.connections = given[6] ? (uint32_t)values[6] : plan.connections;
    plan.milliseconds = given[7] ? (uint32_t)values[7] : plan.milliseconds;
    bool well = attempt(&plan, true);
    printf("seed %" PRIu64 ": %s\n", plan.seed, well ? "every rule held" : "FAILED");
    return !well;
}
