#include "page.c"

#include <stdio.h>
#include <string.h>

int main(void) {
    wisr_buffer out = {0};
    if (wisr_call("render", wisr_str("{\"path\":\"/\",\"props\":{\"names\":[\"world\"]}}"), &out)) return 1;
    wisr_write(&out, (wisr_text){"", 1}); // an end for strstr
    if (!strstr(out.at, "<a href=\"/hello/world\">")) return puts(out.at), 1;
    return 0;
}
