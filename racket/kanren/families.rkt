#lang racket/base
;; The constraint families of the language, in the order in which answers show their clauses. A new
;; family is a file that makes a record of core/family.rkt, a line here, and its goals in main.rkt.

(require "constraints/absento.rkt" "constraints/disequality.rkt" "constraints/types.rkt"
         "core/domain.rkt" "core/family.rkt" "integers/arithmetic.rkt")

(for-each register-family!
          (list disequality-family domain-family arithmetic-family type-family absento-family))
