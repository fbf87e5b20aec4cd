#lang racket/base
;; The guided search: episode after episode, each a walk from candidates to an answer.

(require racket/contract/base "frontier.rkt" "strategy.rkt")
(provide
 (contract-out
  [run-episodes (->* (frontier? strategy? guide?)
                     (#:first exact-nonnegative-integer? #:step-limit exact-positive-integer?)
                     (or/c 'exhausted 'stopped))])
 (struct-out guide))

;; A Guide decides and hears what was found; each procedure may return 'stop to end the search.
;;   pick     episode step candidates new closed -> index of one of the candidates. `new` lists the
;;            indices born and `closed` those closed since the last call.
;;   answer   episode step index term -> anything
;;   end      episode outcome -> the number of the next episode, or anything else: one more than this.
;;            The outcome is 'answer, 'limit or 'exhausted.
(struct guide (pick answer end))

;; Runs episodes until the space is exhausted or the guide stops. A single candidate is expanded
;; without asking: there is nothing to choose. The limit is on steps and, so that an endless branch
;; ends an episode as well, on expansions that did not end.
(define (run-episodes f s g #:first [first-episode 0] #:step-limit [step-limit 10000])
  (let/ec return
    (define (checked result) (if (eq? result 'stop) (return 'stopped) result))
    (define memory (strategy-memory s))
    (define seen 0)                ; choices below this index were offered as new
    (define (take-new!)
      (begin0 (for/list ([i (in-range seen (frontier-size f))]
                         #:unless (eq? (choice-status f i) 'closed))
                i)
              (set! seen (frontier-size f))))
    (define (run-episode episode)
      (let loop ([step 0] [endless 0])
        (define open ((strategy-candidates s) f memory))
        (cond
          [(null? open) 'exhausted]
          [(>= (+ step endless) step-limit) 'limit]
          [else
           (define asked? (or (eq? open 'all) (pair? (cdr open))))
           (define index
             (if (and asked? (strategy-guided? s))
                 (checked ((guide-pick g) episode step open (take-new!) (take-closed! f)))
                 (car open)))
           (define outcome (expand f index))
           (set! memory ((strategy-picked s) f memory index outcome))
           (cond
             [(eq? outcome 'answer)
              (checked ((guide-answer g) episode step index (newest-answer f)))
              'answer]
             [else (loop (if asked? (add1 step) step)
                         (if (eq? outcome 'unfinished) (add1 endless) endless))])])))
    (let loop ([episode first-episode])
      (define outcome (run-episode episode))
      (define next (checked ((guide-end g) episode outcome)))
      (cond
        [(eq? outcome 'exhausted) 'exhausted]
        [(exact-nonnegative-integer? next) (loop next)]
        [else (loop (add1 episode))]))))
