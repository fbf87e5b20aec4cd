#lang racket/base
;; The tree of choices: births, closings, and the memory that it may take.

(require racket/fixnum)
(provide (struct-out node)
         frontier? frontier-next frontier-answers frontier-closed set-frontier-closed!
         new-frontier add-choice! slot-at node-at open-choices oldest-unexpanded
         close! postpone! visit! report-answer! shrink!
         frontier->datum datum->frontier)

;; A Choice is a partial solution in the tree:
;;   index     never reused within a frontier; the root is 0
;;   parent    index of the choice that it was born from, #f for the root
;;   state     what holds so far
;;   goals     the goals that are still to be solved, in order: calls, disjunctions, labellings;
;;             a constraint never waits here, it is in the state
;;   status    'unexpanded | 'expanded
;;   children  indices in order of birth, once it is expanded
;;   live      how many children are not closed
;;   text      cached by choice-text
;;   postponed  its entry in the queue of the frontier, or #f
;;   visited   when it or a choice below it was last expanded
;;   found     answers reported from closed choices below it
;;   skip      answers reported from below it before it was shrunk, not to be reported again
;; The last three are kept only where the number of nodes is limited.
(struct node (index parent [state #:mutable] [goals #:mutable] [status #:mutable]
                    [children #:mutable] [live #:mutable] [text #:mutable] [postponed #:mutable]
                    [visited #:mutable] [found #:mutable] [skip #:mutable])
  #:authentic)

;; A Frontier holds
;;   chunks     vector: chunk number -> Chunk, or #f where all choices of the chunk are closed
;;   next       the index of the next choice
;;   answers    found so far, newest first
;;   closed     indices closed since they were last taken, newest first; where the number of nodes is
;;              limited, not many more than that of them
;;   front      no choice below this index is unexpanded, but for those in `postponed`
;;   postponed  queue of (INDEX . NEXT): choices that wait anew, and the `next` of that time, which
;;              says since when; an entry counts while it is that of its choice
;;   nodes      how many choices are held, and `max-nodes` how many may be, or #f; with more than
;;              `shrink-at` of them, subtrees shrink
;;   clock      counts visits
;;   skipping?  has a choice been shrunk below which there were answers?
(struct frontier ([chunks #:mutable] [next #:mutable] [answers #:mutable] [closed #:mutable]
                  [front #:mutable] [postponed #:mutable] [nodes #:mutable] max-nodes
                  [shrink-at #:mutable] [clock #:mutable] [skipping? #:mutable])
  #:authentic)

(define (new-frontier max-nodes)
  (frontier (make-vector 64 #f) 0 '() '() 0 #f 0 max-nodes max-nodes 0 #f))

;; A Chunk is a vector of `chunk-size` cells for indices in a row, and how many of them hold a Choice;
;; the cell of a closed choice has the index of its parent (#f: the root's). Where the number of nodes
;; is limited, a chunk is forgotten once all of its choices are closed.
(struct chunk (cells [live #:mutable]) #:authentic)
(define chunk-bits 10)
(define chunk-size (fxlshift 1 chunk-bits))
(define (chunk-number index) (fxrshift index chunk-bits))
(define (cell-number index) (fxand index (fx- chunk-size 1)))

(define (add-choice! f parent st goals)
  (define index (frontier-next f))
  (define c (node index parent st goals 'unexpanded '() 0 #f #f (frontier-clock f) '() '()))
  (set-frontier-next! f (add1 index))
  (put-node! f c)
  c)

(define (put-node! f c)
  (define ch (chunk-at! f (node-index c)))
  (vector-set! (chunk-cells ch) (cell-number (node-index c)) c)
  (set-chunk-live! ch (add1 (chunk-live ch)))
  (set-frontier-nodes! f (add1 (frontier-nodes f))))

(define (put-closed! f index parent)
  (vector-set! (chunk-cells (chunk-at! f index)) (cell-number index) parent))

;; The chunk of an index, which is made where there is none yet.
(define (chunk-at! f index)
  (define number (chunk-number index))
  (unless (< number (vector-length (frontier-chunks f)))
    (define larger (make-vector (* 2 (add1 number)) #f))
    (vector-copy! larger 0 (frontier-chunks f))
    (set-frontier-chunks! f larger))
  (or (vector-ref (frontier-chunks f) number)
      (let ([ch (chunk (make-vector chunk-size #f) 0)])
        (vector-set! (frontier-chunks f) number ch)
        ch)))

;; A Choice; for a closed one the index of its parent, or #f where that is forgotten or the choice is
;; the root.
(define (slot-at f index)
  (if (< index (frontier-next f))
      (cell f index)
      (raise-arguments-error 'frontier "no such choice" "index" index
                             "indices run from 0 to" (sub1 (frontier-next f)))))

(define (cell f index)
  (define ch (vector-ref (frontier-chunks f) (chunk-number index)))
  (and ch (vector-ref (chunk-cells ch) (cell-number index))))

;; A Choice that is not closed, or #f.
(define (node-at f index)
  (and (< index (frontier-next f))
       (let ([c (cell f index)]) (and (node? c) c))))

;; Those choices that are not closed, in order of birth.
(define (open-choices f)
  (for*/list ([ch (in-vector (frontier-chunks f))]
              #:when ch
              [c (in-vector (chunk-cells ch))]
              #:when (node? c))
    c))

;; -- waiting --------------------------------------------------------------------------------------

;; The index of the unexpanded choice that has waited longest, or #f. A choice waits from its birth,
;; or from its last expansion where that did not end or was undone by `shrink!`.
(define (oldest-unexpanded f)
  (define front
    (let loop ([i (frontier-front f)])
      (cond [(= i (frontier-next f)) (set-frontier-front! f i) #f]
            [(not (vector-ref (frontier-chunks f) (chunk-number i)))
             (loop (min (frontier-next f) (* chunk-size (add1 (chunk-number i)))))]
            [(let ([c (cell f i)])
               (and (node? c) (eq? (node-status c) 'unexpanded) (not (node-postponed c))))
             (set-frontier-front! f i)
             i]
            [else (loop (add1 i))])))
  (define postponed (first-postponed f))
  (if (and postponed (or (not front) (<= (cdr postponed) front)))
      (car postponed)
      front))

;; Puts an unexpanded choice behind all that wait now.
(define (postpone! f c)
  (define entry (cons (node-index c) (frontier-next f)))
  (set-node-postponed! c entry)
  (set-frontier-postponed! f (enqueue (frontier-postponed f) entry)))

(define (first-postponed f)
  (define queue (frontier-postponed f))
  (define entry (and queue (queue-first queue)))
  (cond [(not entry) #f]
        [(counts? f entry) entry]
        [else (set-frontier-postponed! f (dequeue queue)) (first-postponed f)]))

;; Is it the entry of its choice, which still waits?
(define (counts? f entry)
  (define c (node-at f (car entry)))
  (and c (eq? (node-status c) 'unexpanded) (eq? (node-postponed c) entry)))

;; The entries that count, in order.
(define (postponed-entries f)
  (define queue (frontier-postponed f))
  (filter (λ (entry) (counts? f entry))
          (if queue (append (car queue) (reverse (cdr queue))) '())))

;; A queue is #f when it is empty, or (cons FRONT BACK): lists, the front one not empty, the back one
;; newest first.
(define (enqueue queue x) (if queue (cons (car queue) (cons x (cdr queue))) (cons (list x) '())))
(define (queue-first queue) (caar queue))
(define (dequeue queue)
  (cond [(pair? (cdar queue)) (cons (cdar queue) (cdr queue))]
        [(pair? (cdr queue)) (cons (reverse (cdr queue)) '())]
        [else #f]))

;; -- closing --------------------------------------------------------------------------------------

;; Takes a choice out; its index is closed.
(define (remove! f c)
  (define index (node-index c))
  (define number (chunk-number index))
  (define ch (vector-ref (frontier-chunks f) number))
  (define live (sub1 (chunk-live ch)))
  (vector-set! (chunk-cells ch) (cell-number index) (node-parent c))
  (set-chunk-live! ch live)
  (when (and (eqv? live 0) (frontier-max-nodes f) (< number (chunk-number (frontier-next f))))
    (vector-set! (frontier-chunks f) number #f)
    (set-frontier-closed! f (first-ones (frontier-closed f) (frontier-max-nodes f))))
  (set-frontier-nodes! f (sub1 (frontier-nodes f)))
  (set-frontier-closed! f (cons (node-index c) (frontier-closed f))))

;; At most n elements.
(define (first-ones xs n)
  (if (or (eqv? n 0) (null? xs)) '() (cons (car xs) (first-ones (cdr xs) (sub1 n)))))

;; Closes a choice, and every choice above it below which nothing is left now.
(define (close! f c)
  (remove! f c)
  (define p (and (node-parent c) (node-at f (node-parent c))))
  (when p
    (set-node-found! p (append (node-found c) (node-found p)))
    (set-node-live! p (sub1 (node-live p)))
    (when (eqv? 0 (node-live p)) (close! f p))))

;; -- answers that were reported ---------------------------------------------------------------------

;; Enters an answer found at the choice c. -> #f when it was reported before a choice above c was
;; shrunk
(define (report-answer! f c answer)
  (when (frontier-max-nodes f)
    (set-node-found! c (cons answer (node-found c))))
  (cond
    [(and (frontier-skipping? f) (skip! f c answer)) #f]
    [else (set-frontier-answers! f (cons answer (frontier-answers f))) #t]))

(define (skip! f c answer)
  (let loop ([c c])
    (cond [(member answer (node-skip c))
           (set-node-skip! c (remove answer (node-skip c)))
           #t]
          [else (define p (and (node-parent c) (node-at f (node-parent c))))
                (and p (loop p))])))

;; -- memory -----------------------------------------------------------------------------------------

;; Notes that a choice is expanded: it and all choices above it are visited now.
(define (visit! f c)
  (when (frontier-max-nodes f)
    (define now (add1 (frontier-clock f)))
    (set-frontier-clock! f now)
    (let loop ([c c])
      (set-node-visited! c now)
      (define p (and (node-parent c) (node-at f (node-parent c))))
      (when p (loop p)))))

;; Above the limit, subtrees shrink back to one unexpanded choice under its old index, those visited
;; longest ago first, until a tenth of the limit is free. What is being expanded does not shrink, nor
;; what is above it: where these alone are more than the limit, they stay, until there are a tenth
;; more.
(define (shrink! f)
  (define limit (frontier-max-nodes f))
  (when (and limit (> (frontier-nodes f) (frontier-shrink-at f)))
    (define enough (- limit (quotient limit 10)))
    (define now (frontier-clock f))
    (define expanded
      (filter (λ (c) (and (eq? (node-status c) 'expanded) (< (node-visited c) now)))
              (open-choices f)))
    ;; of two visited together the upper one, which is older
    (for ([c (in-list (sort expanded < #:key node-visited))]
          #:break (<= (frontier-nodes f) enough)
          #:when (eq? c (node-at f (node-index c))))
      (shrink-choice! f c))
    (define entries (postponed-entries f))
    (set-frontier-postponed! f (and (pair? entries) (cons entries '())))
    (define left (frontier-nodes f))
    (set-frontier-shrink-at! f (max limit (+ left (quotient left 10))))))

(define (shrink-choice! f c)
  (define-values (found skip)
    (for/fold ([found (node-found c)] [skip (node-skip c)]) ([i (in-list (node-children c))])
      (define child (node-at f i))
      (if child (remove-subtree! f child found skip) (values found skip))))
  (define all (append found skip))
  (set-node-children! c '())
  (set-node-live! c 0)
  (set-node-status! c 'unexpanded)
  (postpone! f c)
  (set-node-found! c '())
  (set-node-skip! c all)
  (when (pair? all) (set-frontier-skipping?! f #t)))

(define (remove-subtree! f c found skip)
  (remove! f c)
  (for/fold ([found (append (node-found c) found)] [skip (append (node-skip c) skip)])
            ([i (in-list (node-children c))])
    (define child (node-at f i))
    (if child (remove-subtree! f child found skip) (values found skip))))

;; -- as data ----------------------------------------------------------------------------------------

(define (frontier->datum f)
  (define cells
    (for*/list ([(ch number) (in-indexed (frontier-chunks f))]
                #:when ch
                [(c i) (in-indexed (chunk-cells ch))]
                [index (in-value (+ (* number chunk-size) i))]
                #:when (< index (frontier-next f)))
      (cons index
            (if (node? c)
                (list (node-parent c) (node-state c) (node-goals c) (node-status c)
                      (node-children c) (node-live c) (node-visited c) (node-found c) (node-skip c))
                c))))
  (list 'frontier 3 (frontier-next f) (frontier-answers f) (frontier-closed f)
        (frontier-max-nodes f) (frontier-clock f) (frontier-skipping? f)
        (postponed-entries f)
        cells))

;; -> a Frontier, or #f where the datum is none of version 3
(define (datum->frontier d)
  (and (list? d) (= (length d) 10) (eq? (car d) 'frontier) (eqv? (cadr d) 3)
       (let*-values ([(next answers closed max-nodes clock skipping? postponed cells)
                      (apply values (cddr d))]
                     [(f) (frontier (make-vector 64 #f) next answers closed 0 #f 0 max-nodes
                                    max-nodes clock skipping?)])
         (for ([p (in-list cells)])
           (define index (car p))
           (define c (cdr p))
           (cond
             [(pair? c)
              (define-values (parent st goals status children live visited found skip)
                (apply values c))
              (put-node! f (node index parent st goals status children live #f #f visited found
                                 skip))]
             [else (put-closed! f index c)]))
         (for ([entry (in-list postponed)])
           (set-node-postponed! (node-at f (car entry)) entry)
           (set-frontier-postponed! f (enqueue (frontier-postponed f) entry)))
         f)))
