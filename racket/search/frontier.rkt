#lang racket/base
;; The frontier: the tree of choices of a guided search, each with a stable index.

(require racket/contract/base racket/list
         "../kanren/goal.rkt" "../kanren/label.rkt" "../kanren/reify.rkt" "../kanren/state.rkt"
         "../kanren/store.rkt" "../kanren/stream.rkt" "../kanren/term.rkt"
         "printer.rkt")
(provide
 (contract-out
  [make-frontier (-> pause? frontier?)]
  [frontier? (-> any/c boolean?)]
  [frontier-size (-> frontier? exact-nonnegative-integer?)]
  [choices (-> frontier? (listof exact-nonnegative-integer?))]
  [expand (-> frontier? exact-nonnegative-integer? (or/c 'choices 'answer 'dead 'unfinished))]
  [open-children (-> frontier? exact-nonnegative-integer? (listof exact-nonnegative-integer?))]
  [choice-parent (-> frontier? exact-nonnegative-integer? (or/c #f exact-nonnegative-integer?))]
  [choice-status
   (-> frontier? exact-nonnegative-integer? (or/c 'unexpanded 'expanded 'closed))]
  [choice-text (-> frontier? exact-nonnegative-integer? bytes?)]
  [choice-term (-> frontier? exact-nonnegative-integer? bytes?)]
  [answers (-> frontier? list?)]
  [newest-answer (-> frontier? any/c)]
  [take-closed! (-> frontier? (listof exact-nonnegative-integer?))]
  [oldest-choice (-> frontier? (or/c #f exact-nonnegative-integer?))]
  [save-frontier (-> frontier? path-string? void?)]
  [load-frontier (-> path-string? frontier?)])
 known-choice?)

;; A Choice is a partial solution in the tree:
;;   index     never reused within a frontier; the root is 0
;;   parent    index of the choice that it was born from, #f for the root
;;   state     what holds so far
;;   goals     the goals that are still to be solved, in order: calls, disjunctions, labellings;
;;             a constraint never waits here, it is in the state
;;   status    'unexpanded | 'expanded | 'closed (nothing is left below)
;;   children  indices in order of birth, once it is expanded
;;   live      how many children are not closed
;;   text      cached by choice-text
;; An expanded choice forgets its state and goals once it has a text; a closed one forgets all.
(struct node (index parent [state #:mutable] [goals #:mutable] [status #:mutable]
                    [children #:mutable] [live #:mutable] [text #:mutable])
  #:authentic)

;; A Frontier holds its choices by index, the answers found so far (newest first), the indices closed
;; since they were last taken, and the queue of choices in order of birth for `oldest-choice`.
(struct frontier (choices [next #:mutable] [answers #:mutable] [closed #:mutable] [front #:mutable])
  #:authentic)

(define unfold-limit 1000)

(define (make-frontier query)
  (define f (frontier (make-hasheqv) 0 '() '() 0))
  (define settled (settle (pause-state query) (list (pause-goal query))))
  (define root (add-choice! f #f (and settled (car settled)) (if settled (cdr settled) '())))
  (unless settled (close! f root))
  f)

(define (add-choice! f parent st goals)
  (define c (node (frontier-next f) parent st goals 'unexpanded '() 0 #f))
  (hash-set! (frontier-choices f) (node-index c) c)
  (set-frontier-next! f (add1 (frontier-next f)))
  c)

(define (choice-at f index)
  (or (hash-ref (frontier-choices f) index #f)
      (raise-arguments-error 'frontier "no such choice" "index" index
                             "indices run from 0 to" (sub1 (frontier-next f)))))

(define (known-choice? f index) (hash-has-key? (frontier-choices f) index))
(define (frontier-size f) (frontier-next f))
(define (choice-parent f index) (node-parent (choice-at f index)))
(define (choice-status f index) (node-status (choice-at f index)))

;; The unexpanded choices in order of birth.
(define (choices f)
  (for*/list ([i (in-range (frontier-next f))]
              [c (in-value (hash-ref (frontier-choices f) i #f))]
              #:when (and c (eq? (node-status c) 'unexpanded)))
    i))

;; The children of an expanded choice below which something is left.
(define (open-children f index)
  (for/list ([i (in-list (node-children (choice-at f index)))]
             #:unless (eq? (node-status (choice-at f i)) 'closed))
    i))

;; The unexpanded choice that has waited longest, or #f.
(define (oldest-choice f)
  (let loop ([i (frontier-front f)])
    (cond [(= i (frontier-next f)) (set-frontier-front! f i) #f]
          [(eq? (node-status (choice-at f i)) 'unexpanded) (set-frontier-front! f i) i]
          [else (loop (add1 i))])))

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
  (define c (choice-at f index))
  (case (node-status c)
    [(expanded) 'choices]
    [(closed) 'dead]
    [else (expand-choice! f c)]))

(define (expand-choice! f c)
  (let loop ([st (node-state c)] [goals (node-goals c)] [fuel unfold-limit])
    (define (go-on alternatives)
      (cond [(null? alternatives) (close! f c) 'dead]
            [(null? (cdr alternatives)) (loop (caar alternatives) (cdar alternatives) (sub1 fuel))]
            [else (fork! f c alternatives) 'choices]))
    (cond
      [(<= fuel 0)
       (set-node-state! c st)
       (set-node-goals! c goals)
       (set-node-text! c #f)
       'unfinished]
      [else
       (define-values (before goal after) (next-goal st goals))
       (cond
         [goal
          (go-on (for*/list ([alternative (in-list (alternatives st goal))]
                             [settled (in-value (settle (car alternative)
                                                        (append before (cdr alternative) after)))]
                             #:when settled)
                   settled))]
         [(pair? before) (raise-waiting before)]
         [(not (solvable? st)) (close! f c) 'dead]
         [else
          (set-frontier-answers! f (cons (answer-term st) (frontier-answers f)))
          (close! f c)
          'answer])])))

;; The first goal that can be unfolded now, the waiting ones before it, and the rest. When no goal is
;; left, the integers that the answer shows are still to be labelled.
(define (next-goal st goals)
  (define-values (before rest) (splitf-at goals (λ (g) (waiting? st g))))
  (define implicit (label 'given (list initial-var)))
  (cond [(pair? rest) (values before (car rest) (cdr rest))]
        [(label-choice st implicit) (values before implicit '())]
        [else (values before #f '())]))

;; A primitive waits until its inputs are ground.
(define (waiting? st g)
  (and (relate? g)
       (let ([inputs (relation-inputs (lookup-relation (relate-name g)))])
         (and inputs
              (for/or ([i (in-list inputs)])
                (pair? (term-variables st (list-ref (relate-args g) i))))))))

(define (raise-waiting goals)
  (define g (car goals))
  (error (relate-name g) "the primitive still waits for inputs that nothing else determines: ~s"
         (relate-args g)))

;; The alternatives of a goal that is not a constraint, as (STATE . GOALS).
(define (alternatives st goal)
  (cond
    [(relate? goal)
     (define-values (body next) (unfold goal (state-next st)))
     (list (cons (struct-copy state st [next next]) (list body)))]
    [(label? goal)
     (define choice (label-choice st goal))
     (if choice
         (for/list ([b (in-list (cdr choice))]) (cons st (list b (car choice))))
         (list (cons st '())))]
    [else (for/list ([g (in-list (disjuncts goal))]) (cons st (list g)))]))

(define (disjuncts g)
  (if (disj? g) (append (disjuncts (disj-left g)) (disjuncts (disj-right g))) (list g)))

(define (fork! f c alternatives)
  (define children
    (for/list ([a (in-list alternatives)])
      (node-index (add-choice! f (node-index c) (car a) (cdr a)))))
  (set-node-children! c children)
  (set-node-live! c (length children))
  (set-node-status! c 'expanded)
  ;; its text may be asked for again (an agent that was restarted): the text or what makes it stays
  (when (node-text c) (forget! c)))

(define (forget! c)
  (set-node-state! c #f)
  (set-node-goals! c '()))

;; Closes a choice, and every choice above it below which nothing is left now.
(define (close! f c)
  (set-node-status! c 'closed)
  (forget! c)
  (set-node-text! c #f)
  (set-frontier-closed! f (cons (node-index c) (frontier-closed f)))
  (define parent (node-parent c))
  (when parent
    (define p (choice-at f parent))
    (set-node-live! p (sub1 (node-live p)))
    (when (= 0 (node-live p)) (close! f p))))

;; -- settling: constraints into the state, forced disjunctions taken --------------------------------

;; Posts every constraint among the goals, takes a disjunction of which one branch is live, drops dead
;; branches. -> (STATE . GOALS) where GOALS are calls, labellings and disjunctions of two or more live
;; branches, in their order; or #f when a constraint or a whole disjunction fails.
(define (settle st goals)
  (let loop ([st st] [todo goals] [kept '()] [posted? #f])
    (cond
      [(pair? todo)
       (define g (car todo))
       (cond
         [(conj? g) (loop st (list* (conj-left g) (conj-right g) (cdr todo)) kept posted?)]
         [(constraint-goal? g)
          (define next (post st g))
          (and next (loop next (cdr todo) kept #t))]
         [(disj? g)
          (define live (filter (λ (d) (live? st d)) (disjuncts g)))
          (cond [(null? live) #f]
                [(null? (cdr live)) (loop st (cons (car live) (cdr todo)) kept posted?)]
                [else (loop st (cdr todo) (cons (disj-all live) kept) posted?)])]
         [(and (label? g) (null? (term-variables st (label-terms g))))
          (loop st (cdr todo) kept posted?)]
         [else (loop st (cdr todo) (cons g kept) posted?)])]
      ;; a constraint that came after a disjunction may have decided it
      [(and posted? (ormap disj? kept)) (loop st (reverse kept) '() #f)]
      [else (cons st (reverse kept))])))

(define (disj-all goals)
  (if (null? (cdr goals)) (car goals) (disj (car goals) (disj-all (cdr goals)))))

;; Do the constraints of a branch hold together in this state?
(define (live? st goal)
  (and (let loop ([st st] [g goal])
         (cond [(conj? g) (let ([st (loop st (conj-left g))]) (and st (loop st (conj-right g))))]
               [(constraint-goal? g) (post st g)]
               [else st]))
       #t))

;; -- what a choice looks like -----------------------------------------------------------------------

(define (choice-text f index)
  (define c (choice-at f index))
  (or (node-text c)
      (let ([text (print-choice (or (node-state c) (raise-forgotten index)) (node-goals c))])
        (set-node-text! c text)
        text)))

(define (raise-forgotten index)
  (raise-arguments-error 'choice-text "the choice is closed" "index" index))

;; The query's value as far as it is known, without its constraints, in the notation of a choice text.
(define (choice-term f index)
  (define st (node-state (choice-at f index)))
  (print-term st (query-term st)))

(define (answer-term st) (reify st (query-term st)))

;; -- files ------------------------------------------------------------------------------------------

(define (save-frontier f path)
  (call-with-output-file path #:exists 'truncate
    (λ (out)
      (write (list 'frontier 1 (frontier-next f) (answers f) (frontier-closed f)) out)
      (newline out)
      (for ([i (in-range (frontier-next f))])
        (define c (choice-at f i))
        (write (list i (node-parent c) (node-state c) (node-goals c) (node-status c)
                     (node-children c) (node-live c))
               out)
        (newline out)))))

(define (load-frontier path)
  (call-with-input-file path
    (λ (in)
      (define header (read in))
      (unless (and (list? header) (= (length header) 5) (eq? (car header) 'frontier)
                   (eqv? (cadr header) 1))
        (raise-arguments-error 'load-frontier "not a saved frontier of version 1" "path" path))
      (define f (frontier (make-hasheqv) (caddr header) (reverse (cadddr header))
                          (list-ref header 4) 0))
      (for ([line (in-port read in)])
        (define-values (i parent st goals status children live) (apply values line))
        (hash-set! (frontier-choices f) i (node i parent st goals status children live #f)))
      f)))
