#lang racket/base
;; The frontier: the tree of choices of a guided search, each with a stable index.

(require racket/contract/base racket/list
         "../kanren/core/goal.rkt" "../kanren/core/domain.rkt" "../kanren/core/label.rkt"
         "../kanren/core/reify.rkt" "../kanren/core/state.rkt" "../kanren/core/store.rkt"
         "../kanren/core/stream.rkt"
         "../kanren/core/term.rkt"
         "nodes.rkt" "printer.rkt" "propagate.rkt")
(provide
 (contract-out
  [make-frontier (->* (pause?) (#:max-nodes (or/c #f (and/c exact-integer? (>=/c 10)))) frontier?)]
  [frontier? (-> any/c boolean?)]
  [frontier-size (-> frontier? exact-nonnegative-integer?)]
  [choices (-> frontier? (listof exact-nonnegative-integer?))]
  [expand (-> frontier? exact-nonnegative-integer? (or/c 'choices 'answer 'dead 'unfinished))]
  [open-children (-> frontier? exact-nonnegative-integer? (listof exact-nonnegative-integer?))]
  [choice-parent (-> frontier? exact-nonnegative-integer? (or/c #f exact-nonnegative-integer?))]
  [choice-status
   (-> frontier? exact-nonnegative-integer? (or/c 'unexpanded 'expanded 'closed))]
  [choice-open? (-> frontier? exact-nonnegative-integer? boolean?)]
  [nearest-open (-> frontier? exact-nonnegative-integer? exact-nonnegative-integer?)]
  [choice-text (-> frontier? exact-nonnegative-integer? bytes?)]
  [choice-term (-> frontier? exact-nonnegative-integer? bytes?)]
  [choice-answer (-> frontier? exact-nonnegative-integer? (values any/c (-> any/c any/c)))]
  [choice-bounds (-> frontier? exact-nonnegative-integer? any/c (values real? real?))]
  [restrict-choice! (-> frontier? exact-nonnegative-integer? constraint-goal? boolean?)]
  [term->text (-> any/c bytes?)]
  [answers (-> frontier? list?)]
  [newest-answer (-> frontier? any/c)]
  [take-closed! (-> frontier? (listof exact-nonnegative-integer?))]
  [oldest-choice (-> frontier? (or/c #f exact-nonnegative-integer?))]
  [save-frontier (-> frontier? path-string? void?)]
  [load-frontier (-> path-string? frontier?)]))

;; A frontier is a tree of choices (nodes.rkt). Its memory grows with the choices that were born, and
;; is bounded with #:max-nodes: above that many, subtrees that were visited longest ago are forgotten
;; and searched again later. With a limit that is smaller than what the policy holds open (all choices
;; of one depth, for `fair`), such a search repeats itself.

(define unfold-limit 1000)

(define (make-frontier query #:max-nodes [max-nodes #f])
  (define f (new-frontier max-nodes))
  (define solution (propagate (pause-state query) (list (pause-goal query))))
  (define root (add-choice! f #f (and solution (car solution)) (if solution (cdr solution) '())))
  (unless solution (close! f root))
  f)

(define (frontier-size f) (frontier-next f))

(define (choice-parent f index)
  (define c (slot-at f index))
  (if (node? c) (node-parent c) c))

;; Is something left below the choice? #f also for an index that is none.
(define (choice-open? f index) (and (node-at f index) #t))

;; The nearest choice above that is not closed; the root if there is none.
(define (nearest-open f index)
  (define p (choice-parent f index))
  (cond [(not p) 0] [(node-at f p) p] [else (nearest-open f p)]))

(define (choice-status f index)
  (define c (slot-at f index))
  (if (node? c) (node-status c) 'closed))

;; The unexpanded choices in order of birth.
(define (choices f)
  (for/list ([c (in-list (open-choices f))] #:when (eq? (node-status c) 'unexpanded))
    (node-index c)))

;; The children of an expanded choice below which something is left.
(define (open-children f index)
  (define c (node-at f index))
  (if c (filter (λ (i) (node-at f i)) (node-children c)) '()))

;; The unexpanded choice that has waited longest, or #f.
(define (oldest-choice f) (oldest-unexpanded f))

(define (answers f) (reverse (frontier-answers f)))
(define (newest-answer f) (car (frontier-answers f)))

(define (take-closed! f)
  (begin0 (reverse (frontier-closed f))
          (set-frontier-closed! f '())))

;; -- expansion ------------------------------------------------------------------------------------

;; Unfolds the first goal of a choice that can be, and goes on while exactly one alternative is left.
;;   'choices     it has two or more children: see open-children
;;   'answer      it was a whole answer: the newest of (answers f); the choice is closed
;;   'dead        nothing is left below it; the choice is closed
;;   'unfinished  the limit of unfoldings was reached: it is unexpanded still, but further on
;; An expanded choice returns 'choices again, a closed one 'dead; nothing is computed twice.
(define (expand f index)
  (define c (slot-at f index))
  (cond
    [(not (node? c)) 'dead]
    [else
     (visit! f c)
     (case (node-status c)
       [(expanded) 'choices]
       [else (begin0 (expand-choice! f c)
                     (uninterrupted (shrink! f)))])]))

;; Ctrl-C may end an expansion at any time; the tree changes as a whole or not at all.
(define-syntax-rule (uninterrupted change ...) (parameterize-break #f change ...))

(define (expand-choice! f c)
  (let loop ([st (node-state c)] [goals (node-goals c)] [fuel unfold-limit])
    (cond
      [(eqv? fuel 0)
       (uninterrupted
        (set-node-state! c st)
        (set-node-goals! c goals)
        (set-node-text! c #f)
        (postpone! f c))
       'unfinished]
      [else
       (define-values (before goal after) (next-goal st goals))
       (cond
         [goal
          (define found (live-alternatives (unfolded st goal) before after))
          (cond [(null? found) (uninterrupted (close! f c)) 'dead]
                [(null? (cdr found)) (loop (caar found) (cdar found) (sub1 fuel))]
                [else (uninterrupted (fork! f c found)) 'choices])]
         [(pair? before) (raise-waiting before)]
         [(not (solvable? st)) (uninterrupted (close! f c)) 'dead]
         [else
          (define answer (answer-term st))
          (if (uninterrupted (begin0 (report-answer! f c answer) (close! f c))) 'answer 'dead)])])))

;; The alternatives that hold together with the goals around them.
(define (live-alternatives found before after)
  (cond
    [(null? found) '()]
    [else
     (define live (propagate (caar found) (append before (cdar found) after)))
     (define more (live-alternatives (cdr found) before after))
     (if live (cons live more) more)]))

;; The first goal that can be unfolded now, the waiting ones before it, and the rest. When no goal is
;; left, the integers that the answer shows are still to be labelled.
(define (next-goal st goals)
  (cond
    [(and (pair? goals) (not (waiting? st (car goals)))) (values '() (car goals) (cdr goals))]
    [else
     (define-values (before rest) (splitf-at goals (λ (g) (waiting? st g))))
     (define implicit (label 'given (list initial-var)))
     (cond [(pair? rest) (values before (car rest) (cdr rest))]
           [(label-choice st implicit) (values before implicit '())]
           [else (values before #f '())])]))

;; A primitive waits until its inputs are ground.
(define (waiting? st g)
  (and (relate? g)
       (let ([inputs (relation-inputs (lookup-relation (relate-name g)))])
         (and inputs
              (for/or ([i (in-list inputs)])
                (pair? (term-variables st (list-ref (relate-args g) i))))))))

(define (raise-waiting goals)
  (define g (car goals))
  (error (relate-name g) "the primitive still waits for inputs that nothing else determines: ~.s"
         (relate-args g)))

(define (fork! f c alternatives)
  (define children
    (for/list ([a (in-list alternatives)])
      (node-index (add-choice! f (node-index c) (car a) (cdr a)))))
  (set-node-children! c children)
  (set-node-live! c (length children))
  (set-node-status! c 'expanded))

;; -- what a choice looks like -----------------------------------------------------------------------

(define (choice-text f index)
  (define c (open-choice 'choice-text f index))
  (or (node-text c)
      (let ([text (print-choice (node-state c) (node-goals c))])
        (set-node-text! c text)
        text)))

(define (open-choice who f index)
  (or (node-at f index) (raise-arguments-error who "the choice is closed" "index" index)))

;; The query's value as far as it is known, without its constraints, in the notation of a choice text.
(define (choice-term f index)
  (define st (node-state (open-choice 'choice-term f index)))
  (print-term st (query-term st)))

(define (answer-term st) (reify st (query-term st)))

;; A term without a state, in the same notation.
(define (term->text t) (print-term empty-state t))

;; -- looking into a choice, and cutting it ----------------------------------------------------------

;; The query's value as far as it is known, its parts not looked up yet; and the procedure that looks
;; up a term of this choice: what a variable became, or the variable where that is open.
(define (choice-answer f index)
  (define st (node-state (open-choice 'choice-answer f index)))
  (values (query-term st) (λ (t) (walk/store t (state-store st)))))

;; -> the least and the greatest integer that a term of the choice may become (-inf.0, +inf.0: open)
(define (choice-bounds f index t)
  (define tx (begin-transaction (node-state (open-choice 'choice-bounds f index))))
  (define found (walk tx t))
  (define d (if (var? found) (or (known-domain tx found) anything) (interval-domain found found)))
  (values (domain-min d) (domain-max d)))

;; Adds a constraint to a choice: of what would come below it, only what keeps the constraint does.
;; -> is something left? If not, the choice is closed. Children that it has already are as they were.
(define (restrict-choice! f index goal)
  (define c (open-choice 'restrict-choice! f index))
  (define st (post (node-state c) goal))
  (uninterrupted
   (cond [st (set-node-state! c st) (set-node-text! c #f) #t]
         [else (close! f c) #f])))

;; -- files ------------------------------------------------------------------------------------------

(define (save-frontier f path)
  ;; one datum, in which parts that are shared in memory are written once
  (call-with-output-file path #:exists 'truncate
    (λ (out)
      (parameterize ([print-graph #t])
        (write (frontier->datum f) out)))))

(define (load-frontier path)
  (define datum (with-handlers ([exn:fail:read? (λ (e) #f)])
                  (call-with-input-file path read)))
  (or (datum->frontier datum)
      (raise-arguments-error 'load-frontier "not a saved frontier of version 3" "path" path)))
