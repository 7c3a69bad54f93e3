/* The few calls of oneDNN that differ between version 2 (Debian 12) and 3 (Ubuntu 24.04). */
#ifndef YA_TENSOR_DNNL_COMPAT_H
#define YA_TENSOR_DNNL_COMPAT_H

#include <dnnl.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t ya_dnnl_desc;
typedef const_dnnl_memory_desc_t ya_dnnl_desc_ref;
#define YA_DNNL_DESC_REF(d) (d)
#else
typedef dnnl_memory_desc_t ya_dnnl_desc;
typedef const dnnl_memory_desc_t *ya_dnnl_desc_ref;
#define YA_DNNL_DESC_REF(d) (&(d))
#endif

static inline dnnl_status_t ya_dnnl_desc_2d(ya_dnnl_desc *out, int rows, int cols,
                                            dnnl_data_type_t type, int row_stride, int col_stride)
{
    dnnl_dims_t dims = {rows, cols}, strides = {row_stride, col_stride};
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_strides(out, 2, dims, type, strides);
#else
    return dnnl_memory_desc_init_by_strides(out, 2, dims, type, strides);
#endif
}

static inline void ya_dnnl_desc_free(ya_dnnl_desc *desc)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy(*desc);
#else
    (void)desc;
#endif
}

static inline dnnl_status_t ya_dnnl_matmul_desc(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                const ya_dnnl_desc *a, const ya_dnnl_desc *b,
                                                const ya_dnnl_desc *c, dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_matmul_primitive_desc_create(out, engine, *a, *b, NULL, *c, attr);
#else
    dnnl_matmul_desc_t desc;
    dnnl_status_t status = dnnl_matmul_desc_init(&desc, a, b, NULL, c);
    return status ? status : dnnl_primitive_desc_create(out, &desc, attr, engine, NULL);
#endif
}

static inline dnnl_status_t ya_dnnl_append_sum(dnnl_post_ops_t ops)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_sum(ops, 1.0f, 0, dnnl_data_type_undef);
#else
    return dnnl_post_ops_append_sum(ops, 1.0f);
#endif
}

static inline size_t ya_dnnl_desc_size(ya_dnnl_desc_ref desc)
{
    return dnnl_memory_desc_get_size(desc);
}

#endif
