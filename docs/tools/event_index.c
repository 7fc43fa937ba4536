/* SPDX-License-Identifier: MIT */
/*
 * Prints the index of events for the docs, as Markdown, from the catalogue itself.
 *
 *     event_index en > events.md
 *     event_index ko > events.md
 */
#include <netlayers/error.h>
#include <netlayers/trace.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct words {
    const char *language;
    const char *title;
    const char *intro;
    const char *heads; /* of the table */
    const char *layers[NETL_LAYERS];
    const char *directions[3];
};

static const struct words words[] = {
    {"en",
     "# Events {#events}",
     "Every event that the trace can show, by layer. An id never changes with the language; one\n"
     "that stands more than once has several reasons. A value in braces is a field of the event.\n"
     "The level says from which `trace.LAYER=LEVEL` on it is shown; OSI is its layer of seven.",
     "| id | direction | level | OSI | why | asked for by |",
     {"Host", "Link", "Internet", "Transport", "Application"},
     {"local", "sent", "received"}},
    {"ko",
     "# 이벤트 {#events}",
     "기록에 나올 수 있는 모든 이벤트를 계층별로 모았다. id는 언어가 바뀌어도 그대로이고, 여러 번\n"
     "나오는 id는 이유가 여럿이다. 중괄호 안은 이벤트의 필드 값이다. 수준은 어느\n"
     "`trace.LAYER=LEVEL`부터 보이는지를, OSI는 일곱 계층 가운데 몇 번째인지를 말한다.",
     "| id | 방향 | 수준 | OSI | 이유 | 근거 |",
     {"호스트", "링크", "인터넷", "전송", "응용"},
     {"내부", "보냄", "받음"}},
};

static void print_cell(const char *text)
{
    for (; *text; text++) {
        if (strchr("|<>*_", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void print_row(const struct netl_event_info *info, const struct words *w)
{
    static const char *const levels[] = {"off", "drops", "state", "packets", "all"};
    const char *why = w == &words[0] ? info->why_en : info->why_ko;

    printf("| `%s` | %s | %s | %u | ", info->id, w->directions[info->direction],
           levels[info->level], info->osi_layer);
    print_cell(why);
    printf(" | ");
    if (info->rfc && info->section)
        printf("[RFC %u §%s](https://www.rfc-editor.org/rfc/rfc%u#section-%s)", (unsigned)info->rfc,
               info->section, (unsigned)info->rfc, info->section);
    else if (info->rfc)
        printf("[RFC %u](https://www.rfc-editor.org/rfc/rfc%u)", (unsigned)info->rfc,
               (unsigned)info->rfc);
    puts(" |");
}

static void print_layer(int layer, const struct words *w)
{
    const struct netl_event_info *info;

    printf("\n## %s {#events_%s}\n\n%s\n|---|---|---|---|---|---|\n", w->layers[layer],
           netl_layer_name(layer), w->heads);
    for (unsigned i = 0; (info = netl_event_catalogue(i)) != NULL; i++) {
        if ((int)info->layer == layer)
            print_row(info, w);
    }
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++) {
        if (strcmp(argv[1], words[i].language) != 0)
            continue;
        printf("%s\n\n<!-- made by docs/tools/event_index.c from the catalogue: do not edit -->\n"
               "\n%s\n",
               words[i].title, words[i].intro);
        for (int layer = NETL_LAYERS - 1; layer >= 0; layer--)
            print_layer(layer, &words[i]);
        return fflush(stdout) != 0 || ferror(stdout) != 0;
    }
    fprintf(stderr, "usage: %s en|ko\n", argc > 0 ? argv[0] : "event_index");
    return 2;
}
