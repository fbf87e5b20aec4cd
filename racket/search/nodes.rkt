#lang racket/base
;; The tree of choices: births, closings, and the memory that it may take.

(require racket/list)
(provide (struct-out node)
         frontier? frontier-next frontier-answers frontier-closed set-frontier-closed!
         frontier-front set-frontier-front!
         new-frontier add-choice! slot-at node-at close! visit! report-answer! shrink!
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
;;   visited   when it or a choice below it was last expanded
;;   found     answers reported from closed choices below it
;;   skip      answers reported from below it before it was shrunk, not to be reported again
;; The last three are kept only where the number of nodes is limited.
(struct node (index parent [state #:mutable] [goals #:mutable] [status #:mutable]
                    [children #:mutable] [live #:mutable] [text #:mutable]
                    [visited #:mutable] [found #:mutable] [skip #:mutable])
  #:authentic)

;; A Frontier holds
;;   slots      vector: index -> Choice, or for a closed choice the index of its parent (#f: the
;;   root's)
;;   next       the index of the next choice
;;   answers    found so far, newest first
;;   closed     indices closed since they were last taken, newest first
;;   front      no choice below this index is unexpanded
;;   nodes      how many choices are held, and `max-nodes` how many may be, or #f
;;   clock      counts visits
;;   skipping?  has a choice been shrunk below which there were answers?
(struct frontier ([slots #:mutable] [next #:mutable] [answers #:mutable] [closed #:mutable]
                  [front #:mutable] [nodes #:mutable] max-nodes [clock #:mutable]
                  [skipping? #:mutable])
  #:authentic)

(define (new-frontier max-nodes) (frontier (make-vector 64 #f) 0 '() '() 0 0 max-nodes 0 #f))

(define (add-choice! f parent st goals)
  (define index (frontier-next f))
  (define c (node index parent st goals 'unexpanded '() 0 #f (frontier-clock f) '() '()))
  (put-slot! f index c)
  (set-frontier-next! f (add1 index))
  (set-frontier-nodes! f (add1 (frontier-nodes f)))
  c)

(define (put-slot! f index c)
  (define slots (frontier-slots f))
  (cond
    [(< index (vector-length slots)) (vector-set! slots index c)]
    [else
     (define larger (make-vector (* 2 (max 1 (vector-length slots))) #f))
     (vector-copy! larger 0 slots)
     (set-frontier-slots! f larger)
     (put-slot! f index c)]))

;; A Choice, or the parent's index of a closed one.
(define (slot-at f index)
  (if (< index (frontier-next f))
      (vector-ref (frontier-slots f) index)
      (raise-arguments-error 'frontier "no such choice" "index" index
                             "indices run from 0 to" (sub1 (frontier-next f)))))

;; A Choice that is not closed, or #f.
(define (node-at f index)
  (and (< index (frontier-next f))
       (let ([c (vector-ref (frontier-slots f) index)]) (and (node? c) c))))

;; Takes a choice out; its index is closed.
(define (remove! f c)
  (vector-set! (frontier-slots f) (node-index c) (node-parent c))
  (set-frontier-nodes! f (sub1 (frontier-nodes f)))
  (set-frontier-closed! f (cons (node-index c) (frontier-closed f))))

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
;; longest ago first, until a tenth of the limit is free.
(define (shrink! f)
  (define limit (frontier-max-nodes f))
  (when (and limit (> (frontier-nodes f) limit))
    (define enough (- limit (quotient limit 10)))
    (define expanded
      (for*/list ([i (in-range (frontier-next f))]
                  [c (in-value (node-at f i))]
                  #:when (and c (eq? (node-status c) 'expanded)))
        c))
    ;; of two visited together the upper one, which is older
    (for ([c (in-list (sort expanded < #:key node-visited))]
          #:break (<= (frontier-nodes f) enough)
          #:when (eq? c (node-at f (node-index c))))
      (shrink-choice! f c))))

(define (shrink-choice! f c)
  (define-values (found skip)
    (for/fold ([found (node-found c)] [skip (node-skip c)]) ([i (in-list (node-children c))])
      (define child (node-at f i))
      (if child (remove-subtree! f child found skip) (values found skip))))
  (define all (append found skip))
  (set-node-children! c '())
  (set-node-live! c 0)
  (set-node-status! c 'unexpanded)
  (set-node-found! c '())
  (set-node-skip! c all)
  (when (pair? all) (set-frontier-skipping?! f #t))
  (set-frontier-front! f (min (frontier-front f) (node-index c))))

(define (remove-subtree! f c found skip)
  (remove! f c)
  (for/fold ([found (append (node-found c) found)] [skip (append (node-skip c) skip)])
            ([i (in-list (node-children c))])
    (define child (node-at f i))
    (if child (remove-subtree! f child found skip) (values found skip))))

;; -- as data ----------------------------------------------------------------------------------------

(define (frontier->datum f)
  (list 'frontier 2 (frontier-next f) (frontier-answers f) (frontier-closed f)
        (frontier-max-nodes f) (frontier-clock f) (frontier-skipping? f)
        (for/list ([i (in-range (frontier-next f))])
          (define c (slot-at f i))
          (if (node? c)
              (list (node-parent c) (node-state c) (node-goals c) (node-status c)
                    (node-children c) (node-live c) (node-visited c) (node-found c) (node-skip c))
              c))))

;; -> a Frontier, or #f where the datum is none of version 2
(define (datum->frontier d)
  (and (list? d) (= (length d) 9) (eq? (car d) 'frontier) (eqv? (cadr d) 2)
       (let*-values ([(next answers closed max-nodes clock skipping? slots)
                      (apply values (cddr d))]
                     [(f) (frontier (make-vector (max 1 next) #f) next answers closed 0
                                    (count pair? slots) max-nodes clock skipping?)])
         (for ([slot (in-list slots)] [i (in-naturals)])
           (put-slot! f i
                      (if (pair? slot)
                          (let-values ([(parent st goals status children live visited found skip)
                                        (apply values slot)])
                            (node i parent st goals status children live #f visited found skip))
                          slot)))
         f)))
