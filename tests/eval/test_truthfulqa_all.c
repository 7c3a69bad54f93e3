/* The questions that test_truthfulqa.c leaves out. labels: slow;no_asan */
#include "truthfulqa.h"

int main(void)
{
    return truthful_main(8, 30);
}
