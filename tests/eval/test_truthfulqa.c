/* Eight questions; test_truthfulqa_all.c has the others. labels: no_asan */
#include "truthfulqa.h"

int main(void)
{
    return truthful_main(0, 8);
}
