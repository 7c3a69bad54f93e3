/* The tables of known.h. The first row that names a key and fits the architecture counts. */
#include "model/known.h"

enum {
    LLAMA = 1 << YA_ARCH_LLAMA,
    MISTRAL = 1 << YA_ARCH_MISTRAL,
    QWEN2 = 1 << YA_ARCH_QWEN2,
    QWEN3 = 1 << YA_ARCH_QWEN3
};

/* clang-format off */
const ya_known ya_known_config[] = {
    {YA_KNOWN_OBEYED, 0, NULL,
     "model_type vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads "
     "num_key_value_heads head_dim max_position_embeddings rms_norm_eps tie_word_embeddings "
     "rope_theta rope_scaling rope_parameters layer_types bos_token_id eos_token_id"},
    {YA_KNOWN_OBEYED, MISTRAL | QWEN2 | QWEN3, NULL, "sliding_window"},
    {YA_KNOWN_OBEYED, QWEN2 | QWEN3, NULL, "use_sliding_window max_window_layers"},
    {YA_KNOWN_OBEYED, LLAMA | QWEN3, NULL, "attention_bias"},
    {YA_KNOWN_OBEYED, LLAMA, NULL, "mlp_bias"},
    {YA_KNOWN_FIXED, 0, "\"silu\"", "hidden_act"},
    {YA_KNOWN_FIXED, 0, "1", "partial_rotary_factor logit_scale"},
    {YA_KNOWN_FIXED, 0, "true", "is_causal"},
    {YA_KNOWN_FIXED, 0, "0", "num_experts num_local_experts"},
    {YA_KNOWN_FIXED, 0, NULL,
     "attention_bias mlp_bias quantization_config compression_config quantization rope_interleaved "
     "original_max_position_embeddings attention_multiplier use_qk_norm add_cross_attention "
     "is_encoder_decoder pruned_heads"},
    /* classes of transformers, and the programs that wrote the file */
    {YA_KNOWN_IDLE, 0, NULL,
     "architectures auto_map transformers_version torch_dtype dtype _* name_or_path model_name "
     "unsloth_* transformers.js_config is_llama_config attn_implementation use_flash_attention_2 "
     "use_cache cache_implementation pretraining_tp initializer_range gradient_checkpointing "
     "torchscript use_bfloat16 tf_legacy_loss chunk_size_feed_forward is_decoder "
     "tie_encoder_decoder cross_attention_hidden_size keys_to_ignore_at_inference"},
    /* vLLM's; transformers computes none of it for these classes */
    {YA_KNOWN_IDLE, 0, NULL, "use_mrope dual_chunk_attention_config"},
    /* dropout of other programs' training; ours is lora_dropout */
    {YA_KNOWN_IDLE, 0, NULL,
     "attention_dropout hidden_dropout resid_pdrop embd_pdrop attn_pdrop hidden_dropout_prob "
     "attention_probs_dropout_prob"},
    /* windows of classes that have none */
    {YA_KNOWN_IDLE, LLAMA, NULL, "sliding_window"},
    {YA_KNOWN_IDLE, LLAMA | MISTRAL, NULL, "use_sliding_window max_window_layers"},
    /* the tokenizer's and tasks' */
    {YA_KNOWN_IDLE, 0, NULL,
     "pad_token_id unk_token_id sep_token_id decoder_start_token_id tokenizer_class "
     "tokenizer_model_max_length tokenizer_padding_side model_max_length max_sequence_length "
     "seq_length id2label label2id num_labels problem_type finetuning_task task_specific_params "
     "prefix"},
    /* what is returned; generation, as older versions kept it here */
    {YA_KNOWN_IDLE, 0, NULL,
     "return_dict return_dict_in_generate output_attentions output_hidden_states output_scores "
     "max_length min_length max_new_tokens do_sample temperature top_k top_p typical_p "
     "repetition_penalty length_penalty diversity_penalty early_stopping num_beams "
     "num_beam_groups num_return_sequences no_repeat_ngram_size encoder_no_repeat_ngram_size "
     "bad_words_ids suppress_tokens begin_suppress_tokens forced_bos_token_id "
     "forced_eos_token_id remove_invalid_values exponential_decay_length_penalty"},
};

const ya_known ya_known_rope[] = {
    {YA_KNOWN_OBEYED, 0, NULL,
     "rope_type type factor rope_theta original_max_position_embeddings low_freq_factor "
     "high_freq_factor attention_factor beta_fast beta_slow mscale mscale_all_dim truncate"},
    {YA_KNOWN_FIXED, 0, "1", "partial_rotary_factor"},
    {YA_KNOWN_IDLE, 0, NULL, "finetuned"},
};

const ya_known ya_known_gguf[] = {
    {YA_KNOWN_OBEYED, 0, NULL,
     "general.architecture general.type general.alignment split.no split.count "
     "split.tensors.count .context_length .embedding_length .block_count .feed_forward_length "
     ".attention.head_count .attention.head_count_kv .attention.key_length "
     ".attention.value_length .attention.layer_norm_rms_epsilon .attention.sliding_window "
     ".rope.dimension_count .rope.freq_base .rope.scale_linear .rope.scaling.type "
     ".rope.scaling.factor .rope.scaling.attn_factor .rope.scaling.original_context_length"},
    {YA_KNOWN_OBEYED, 0, NULL,
     "tokenizer.ggml.model tokenizer.ggml.pre tokenizer.ggml.tokens tokenizer.ggml.token_type "
     "tokenizer.ggml.scores tokenizer.ggml.merges tokenizer.ggml.bos_token_id "
     "tokenizer.ggml.eos_token_id tokenizer.ggml.eot_token_id tokenizer.ggml.eom_token_id "
     "tokenizer.ggml.unknown_token_id tokenizer.ggml.padding_token_id "
     "tokenizer.ggml.add_bos_token tokenizer.ggml.add_eos_token "
     "tokenizer.ggml.add_space_prefix tokenizer.chat_template"},
    {YA_KNOWN_FIXED, 0, "0",
     ".rope.scaling.yarn_log_multiplier .rope.scaling.alpha .attention.scale "
     ".attention.clamp_kqv .attention.max_alibi_bias .attention.temperature_scale "
     ".attention.logit_softcapping .attn_logit_softcapping .final_logit_softcapping "
     ".expert_count .expert_used_count .pooling_type .nextn_predict_layers"},
    {YA_KNOWN_FIXED, 0, "1",
     ".rope.scaling.yarn_beta_slow .rope.scaling.yarn_ext_factor "
     ".rope.scaling.yarn_attn_factor .attention.output_scale .logit_scale .residual_scale "
     ".embedding_scale"},
    {YA_KNOWN_FIXED, 0, "32", ".rope.scaling.yarn_beta_fast"},
    {YA_KNOWN_FIXED, 0, "true", ".attention.causal"},
    {YA_KNOWN_FIXED, 0, "\"silu\"", ".hidden_activation"},
    {YA_KNOWN_FIXED, 0, "\"Meta AI original pth\"", ".tensor_data_layout"},
    {YA_KNOWN_FIXED, 0, NULL,
     ".use_parallel_residual tokenizer.ggml.precompiled_charsmap "
     "tokenizer.ggml.normalizer.lowercase tokenizer.ggml.normalizer.strip_accents"},
    /* the tokenizer's: other programs' tasks, and settings of unigram models */
    {YA_KNOWN_IDLE, 0, NULL,
     "tokenizer.chat_template* tokenizer.huggingface.json tokenizer.ggml.seperator_token_id "
     "tokenizer.ggml.separator_token_id tokenizer.ggml.cls_token_id "
     "tokenizer.ggml.mask_token_id tokenizer.ggml.add_sep_token tokenizer.ggml.fim_* "
     "tokenizer.ggml.token_type_count tokenizer.ggml.prefix_token_id "
     "tokenizer.ggml.suffix_token_id tokenizer.ggml.middle_token_id "
     "tokenizer.ggml.suppress_tokens tokenizer.ggml.eog_token_ids "
     "tokenizer.ggml.remove_extra_whitespaces"},
    /* who made the file and how; the embedding tells the vocabulary's size */
    {YA_KNOWN_IDLE, 0, NULL,
     "general.* quantize.* imatrix.* mradermacher.* your_ai.* .rope.scaling.finetuned "
     ".vocab_size"},
};

/* computed from the configuration since 2023 */
const ya_known ya_known_tensors[] = {
    {YA_KNOWN_IDLE, 0, NULL, "*.rotary_emb.inv_freq *.attn_rot_embd.weight"},
};
/* clang-format on */

const int ya_n_known_config = sizeof ya_known_config / sizeof *ya_known_config;
const int ya_n_known_rope = sizeof ya_known_rope / sizeof *ya_known_rope;
const int ya_n_known_gguf = sizeof ya_known_gguf / sizeof *ya_known_gguf;
const int ya_n_known_tensors = sizeof ya_known_tensors / sizeof *ya_known_tensors;
