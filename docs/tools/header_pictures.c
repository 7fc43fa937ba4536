/* SPDX-License-Identifier: MIT */
/*
 * Prints the page of header formats for the docs, as Markdown, from the description tables.
 *
 *     header_pictures en > headers.md
 *     header_pictures ko > headers.md
 *
 * A picture and a table for each header, by layer, lowest first. Parsers, trace and hexdump
 * read the same tables, and a property test holds these against the parsers.
 */
#include <netlayers/wire.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct words {
    const char *language;
    bool korean;
    const char *title;
    const char *intro;
    const char *heads; /* of the table */
    const char *rest;  /* the width of a field that goes up to the header's end */
    const char *bit;
    const char *bits;
    const char *layers[NETL_LAYERS];
};

static const struct words words[] = {
    {"en",
     false,
     "# Header formats {#headers}",
     "Every header that the library can read and write, drawn 32 bits a row, the first bit on the\n"
     "left. The names in the tables are those of the parsers' structures, such as `struct\n"
     "netl_tcp_header`, and of the hexdump (`bytes=on`).",
     "| field | bits | what it says | defined in |",
     "to the end",
     "bit",
     "bits",
     {"Host", "Link", "Internet", "Transport", "Application"}},
    {"ko",
     true,
     "# 헤더 형식 {#headers}",
     "라이브러리가 읽고 쓸 수 있는 모든 헤더를 한 줄에 32비트씩, 첫 비트를 왼쪽에 두고 그렸다.\n"
     "표의 이름은 `struct netl_tcp_header` 같은 구조체와 16진 덤프(`bytes=on`)에서 쓰는\n"
     "이름과 같다.",
     "| 필드 | 비트 | 뜻 | 정의한 곳 |",
     "끝까지",
     "비트",
     "비트",
     {"호스트", "링크", "인터넷", "전송", "응용"}},
};

static void print_cell(const char *text)
{
    for (; *text; text++) {
        if (strchr("|<>*_", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void print_source(const struct netl_field_description *field)
{
    if (field->rfc == 0)
        printf("IEEE 802");
    else if (field->section[0])
        printf("[RFC %u §%s](https://www.rfc-editor.org/rfc/rfc%u#section-%s)",
               (unsigned)field->rfc, field->section, (unsigned)field->rfc, field->section);
    else
        printf("[RFC %u](https://www.rfc-editor.org/rfc/rfc%u)", (unsigned)field->rfc,
               (unsigned)field->rfc);
}

static void print_field(const struct netl_field_description *field, const struct words *w)
{
    printf("| `%s` | ", field->name);
    if (field->width_bits)
        printf("%u %s", (unsigned)field->width_bits, field->width_bits == 1 ? w->bit : w->bits);
    else
        printf("%s", w->rest);
    printf(" | ");
    print_cell(w->korean ? field->meaning_ko : field->meaning);
    printf(" | ");
    print_source(field);
    puts(" |");
}

static int print_header(const struct netl_header_description *header, const struct words *w)
{
    char picture[8192];
    if (netl_header_picture(header, picture, sizeof picture) >= sizeof picture) {
        fprintf(stderr, "header_pictures: the picture of %s does not fit\n", header->id);
        return 1;
    }
    printf("\n### %s {#header_%s}\n\n~~~~{.unparsed}\n%s~~~~\n\n%s\n|---|---|---|---|\n",
           w->korean ? header->title_ko : header->title, header->id, picture, w->heads);
    for (size_t i = 0; i < header->field_count; i++)
        print_field(&header->fields[i], w);
    return 0;
}

/* A layer's heading stands only where it has headers. */
static int print_layer(int layer, const struct words *w)
{
    bool titled = false;
    for (size_t i = 0; i < netl_header_description_count(); i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        if ((int)header->layer != layer)
            continue;
        if (!titled)
            printf("\n## %s {#headers_%s}\n", w->layers[layer], netl_layer_name(layer));
        titled = true;
        if (print_header(header, w))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++) {
        if (strcmp(argv[1], words[i].language) != 0)
            continue;
        printf("%s\n\n<!-- made by docs/tools/header_pictures.c from the tables: do not edit -->\n"
               "\n[TOC]\n\n%s\n",
               words[i].title, words[i].intro);
        for (int layer = NETL_LINK; layer < NETL_LAYERS; layer++) {
            if (print_layer(layer, &words[i]))
                return 1;
        }
        return fflush(stdout) != 0 || ferror(stdout) != 0;
    }
    fprintf(stderr, "usage: %s en|ko\n", argc > 0 ? argv[0] : "header_pictures");
    return 2;
}
