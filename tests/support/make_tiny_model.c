/* make_tiny_model DIR: the model of support/tiny_model.h, for tests that are shell scripts. */
#include "support/tiny_model.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    tiny_model(argv[1], 0, 5);
    return 0;
}
