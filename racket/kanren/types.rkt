#lang racket/base
;; Type constraints: symbolo, numbero, stringo and their negations.

(require "state.rkt" "term.rkt")
(provide require-type! forbid-type! term-type type-meet type-admits?)

;; A Type is #f (anything), one of 'sym 'num 'str, or a sorted non-empty list of those (none of them).

;; -> 'sym, 'num, 'str, or #f for a term of another kind
(define (term-type t)
  (cond [(symbol? t) 'sym] [(number? t) 'num] [(string? t) 'str] [else #f]))

;; Can a value of kind `kind` (as of term-type) have Type `type`?
(define (type-admits? type kind)
  (cond [(not type) #t]
        [(symbol? type) (eq? type kind)]
        [else (not (memq kind type))]))

;; -> the Type of what has both, or 'none
(define (type-meet a b)
  (cond [(not a) b]
        [(not b) a]
        [(symbol? a) (if (if (symbol? b) (eq? a b) (not (memq a b))) a 'none)]
        [(symbol? b) (type-meet b a)]
        [else (sort (for/fold ([all a]) ([n (in-list b)]) (if (memq n all) all (cons n all)))
                    symbol<?)]))

(define (require-type! tx t type) (constrain! tx t type))
(define (forbid-type! tx t type) (constrain! tx t (list type)))

(define (constrain! tx t type)
  (let ([t (walk tx t)])
    (if (var? t)
        (let* ([a (attribute-of tx t)]
               [met (type-meet (attribute-type a) type)])
          (cond [(eq? met 'none) #f]
                [(attribute-domain a) (type-admits? met 'num)]
                [(equal? met (attribute-type a)) #t]
                [else (when (eq? a no-attribute) (count-known! tx))
                      (set-attribute! tx t (struct-copy attribute a [type met]))
                      (wake-all! tx (attribute-watches a))
                      #t]))
        (type-admits? type (term-type t)))))
