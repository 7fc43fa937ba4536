/* SPDX-License-Identifier: MIT */
/*
 * What a field says in a few English words, such as the reason of a drop, in Korean: for the reasons
 * of events. The field itself stays English in every language, as ids do. And the particle behind a
 * number.
 *
 * tests/words_test.py looks for words of our own transport that are missing here.
 */
#include "trace/sink.h"

#include <string.h>

static const struct {
    const char *english;
    const char *korean;
} words[] = {
    /* drops of TCP and UDP */
    {"ACK in LISTEN", "LISTEN 상태에 온 ACK"},
    {"ACK of long ago", "너무 오래된 ACK"},
    {"ACK of what was not sent", "보내지 않은 것에 대한 ACK"},
    {"FIN before the end", "데이터가 더 왔는데 그 앞에서 끝난다는 FIN"},
    {"RST in LISTEN", "LISTEN 상태에 온 RST"},
    {"RST inside the window", "윈도 안이지만 기다리던 번호가 아닌 RST"},
    {"RST outside the window", "윈도 밖의 RST"},
    {"RST without ACK", "ACK 없는 RST"},
    {"SYN in a connection", "이미 맺은 연결에 온 SYN"},
    {"backlog full", "받아들이기를 기다리는 줄이 가득 참"},
    {"bad checksum", "체크섬이 틀림"},
    {"broadcast or multicast", "브로드캐스트나 멀티캐스트 주소"},
    {"challenge rate", "최근에 이런 답을 너무 많이 보냄"},
    {"data after FIN", "FIN 뒤의 데이터"},
    {"data after close", "프로그램이 닫은 뒤에 온 데이터"},
    {"no ACK", "ACK가 없음"},
    {"no SYN in LISTEN", "LISTEN 상태인데 SYN이 아님"},
    {"no SYN in SYN-SENT", "SYN-SENT 상태인데 SYN이 아님"},
    {"no connection", "그런 연결이 없음"},
    {"no memory", "메모리가 모자람"},
    {"no room", "버퍼에 자리가 없음"},
    {"no timestamp", "합의한 타임스탬프가 없음"},
    {"nobody at that port", "그 포트에 아무도 없음"},
    {"old timestamp", "옛 타임스탬프"},
    {"outside the window", "윈도 밖"},
    {"queue full", "기다리는 줄이 가득 참"},
    {"too many holes", "구멍이 너무 많음"},
    /* what a parser found */
    {"truncated", "잘려 있음"},
    {"bad-version", "버전이 틀림"},
    {"bad-length", "길이가 틀림"},
    {"bad-checksum", "체크섬이 틀림"},
    {"bad-option", "옵션이 틀림"},
    {"bad-value", "값이 틀림"},
    {"bad-order", "순서가 틀림"},
    {"too-many", "너무 많음"},
    {"unknown", "알 수 없음"},
    /* why the congestion window shrinks, or a connection is given up */
    {"loss", "잃은 것이 있다"},
    {"timeout", "제때 ACK가 오지 않았다"},
    {"a lost tail", "마지막 세그먼트를 잃었다"},
    {"a pause", "한동안 보내지 않았다"},
    {"no acknowledgment", "확인 응답이 없다"},
    {"no answer to keepalives", "살아 있느냐는 물음에 답이 없다"},
    /* what ICMP says, and what follows */
    {"network unreachable", "네트워크에 닿을 수 없음"},
    {"host unreachable", "호스트에 닿을 수 없음"},
    {"protocol unreachable", "프로토콜을 받는 곳이 없음"},
    {"port unreachable", "포트를 받는 곳이 없음"},
    {"prohibited", "금지됨"},
    {"too big", "너무 큼"},
    {"time exceeded", "시간이 다 됨"},
    {"parameter problem", "헤더의 값에 문제가 있음"},
    {"ignored", "무시한다"},
    {"smaller segments", "세그먼트를 줄인다"},
    {"remembered", "기억해 둔다"},
    {"given up", "포기한다"},
    {"not believed", "믿지 않는다"},
};

/* Only these hold words of ours; a name from the network may look like one. */
static bool is_ours(const struct netl_field *field)
{
    static const char *const ours[] = {"reason", "why", "what", "says", "so"};

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(ours[i], field->name) == 0)
            return field->kind == NETL_FIELD_TEXT && field->length == 0 && field->value.text;
    return false;
}

const char *netl_korean_words(const struct netl_field *field)
{
    if (!is_ours(field))
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].english, field->value.text) == 0)
            return words[i].korean;
    return NULL;
}

/* ── particles ────────────────────────────────────────────────────────────────────────────── */

/* Their form hangs on whether the word before them ends in a consonant: 1은, but 2는. */
static const struct {
    const char *closed;
    const char *open;
} particles[] = {{"은 ", "는 "}, {"이 ", "가 "}, {"을 ", "를 "}, {"과 ", "와 "}, {"으로 ", "로 "}};

/* The form behind a number that ends in this digit: 0 is read 영, or 십, 백, 천 and so on. */
static const char *form_behind(char digit, size_t particle)
{
    static const char consonant[] = "013678"; /* 영 일 삼 육 칠 팔 */
    static const char no_liquid[] = "036";    /* 로 stands behind 일, 칠 and 팔 as well */
    bool is_ro = strcmp(particles[particle].open, "로 ") == 0;

    return strchr(is_ro ? no_liquid : consonant, digit) ? particles[particle].closed
                                                        : particles[particle].open;
}

size_t netl_korean_particle(struct netl_text *text, const char *pattern)
{
    char last = text->length ? text->bytes[text->length - 1] : ' ';

    if (last < '0' || last > '9')
        return 0;
    for (size_t i = 0; i < sizeof particles / sizeof *particles; i++) {
        const char *const forms[] = {particles[i].closed, particles[i].open};
        for (size_t j = 0; j < 2; j++) {
            if (strncmp(pattern, forms[j], strlen(forms[j])) != 0)
                continue;
            netl_text_add(text, form_behind(last, i));
            return strlen(forms[j]);
        }
    }
    return 0;
}
