#lang racket/base
;; Questions to a whole space: sample, count, smallest, largest.

(require racket/list "../networks/ask.rkt" "../networks/extremes.rkt" "../networks/sample.rkt"
         "../networks/space.rkt" "lines.rkt" "options.rkt")
(provide sample count-all extreme)

(define (sample options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define n (hash-ref options "-n" 1))
  (define seconds (hash-ref options "--timeout" 60))
  (define-values (found said-count) (new-texts n))
  (define outcome
    (random-answers (frontier-of s) (hash-ref options "--seed" 0) #:seconds seconds
                    (λ (answer) (found (text-of (first answer))))))
  (case outcome
    [(exhausted)
     (eprintf "~a: the space holds fewer than ~a architectures within these budgets: ~a\n"
              (current-command) n (said-count))]
    [(timeout)
     (eprintf "~a: ~a of ~a found, and then no other for ~a seconds; more: --timeout\n"
              (current-command) (said-count) n seconds)]))

(define (count-all options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define canonical
    (and (hash-ref options "--canonical" #f)
         (or (space-canonical (scope-space s))
             (mistake "space ~a has no canonical form" (space-name (scope-space s))))))
  (define seen (make-hash))
  (define outcome
    (for-each-answer (frontier-of s) #:seconds (hash-ref options "--timeout" 60)
                     (λ (answer)
                       (define architecture (first answer))
                       (hash-set! seen (if canonical (canonical architecture) (text-of architecture))
                                  #t)
                       #t)))
  (say (format "~a~a" (if (eq? outcome 'timeout) "at least " "") (hash-count seen))))

;; Largest networks are seldom proven: nearly every network may still grow up to the budget.
(define ((extreme direction) options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define by (string->symbol (hash-ref options "--by" "params")))
  (unless (memq by '(params macs)) (mistake "--by: expected params or macs, got '~a'" by))
  (define seconds (hash-ref options "--timeout" 10))
  (define-values (best proven?) (best-answer (frontier-of s #:measured by) direction seconds))
  (unless best
    (if proven?
        (mistake "the space holds no architecture within these budgets")
        (mistake "no architecture found within ~a seconds; more: --timeout" seconds)))
  (say (text-of (first best)))
  (eprintf "~a: ~a ~a~a\n" (current-command) (third best) (if (eq? by 'params) "parameters" "MACs")
           (if proven? "" (format ", the best found in ~a seconds; more: --timeout" seconds))))
